// The names that the pages use for the shapes of the HTTP contract. schema.d.ts is written by
// `npm run api-types` from the server's own OpenAPI document.
import type { components } from './schema';

type Schemas = components['schemas'];

export type Role = Schemas['Role'];
export type Scope = Schemas['Scope'];
export type Person = Schemas['Person'];
export type SessionUser = Schemas['SessionUser'];
export type Session = Schemas['SessionDetails'];
export type Invitation = Schemas['LinkDetails'];
export type User = Schemas['UserDetails'];
export type Token = Schemas['TokenDetails'];
export type Project = Schemas['ProjectDetails'];
export type Member = Schemas['MemberDetails'];

export type Problem = Schemas['ProblemDetails'];
export type ModelRef = Schemas['ModelName'];
/** Millimetres between the centres of neighbouring pixels. */
export type Spacing = Schemas['Spacing'];
export type Calibrate = Schemas['Calibrate'];
export type Calibrated = Schemas['Calibrated'];
export type Uncertainty = Schemas['Uncertainty'];
export type Provenance = Schemas['Provenance'];

/** Figures of a lesion; `label` is 1-based. */
export type Lesion = Schemas['LesionFigures'];

export type Job = Schemas['JobDetails'] | Schemas['JobSummary'];

/** The content of the `job` event: a job without its result and links. */
export type JobNews = Pick<
  Job,
  'id' | 'state' | 'stage' | 'progress' | 'image_id' | 'duplicate' | 'problem'
> & { position?: number | null };

export interface ImageNews {
  id: string;
  change: 'created' | 'changed' | 'deleted' | 'mask' | 'measured' | 'draft' | 'review';
  at: string;
  /** Null for a model or the site itself. */
  by: Person | null;
  /** Revision of the mask that it refers to. */
  revision: number | null;
}

/** A person who has an image open, as shown to others who have it open. */
export interface PresenceNews {
  image_id: string;
  people: { id: string; name: string; frame_index: number; editing: boolean; since: string }[];
}

export type ImageState = Schemas['ImageState'];
export type ImageItem = Schemas['ImageSummary'];
export type ImagePage = Schemas['ImagePage'];
export type FrameList = Schemas['FrameList'];
export type ImageDetail = Schemas['ImageDetails'];
/** A revision without its outlines; an image's are given newest first. */
export type Mask = Schemas['MaskSummary'];
export type MaskWithOutlines = Schemas['MaskDetails'];
export type OutlinedLesion = Schemas['Lesion'];
export type MaskResult = NonNullable<Mask['result']>;

/** The text areas of a picture, and people's judgements and redactions of them. */
export type TextDetails = Schemas['TextDetails'];
export type SuspectedArea = Schemas['SuspectedArea'];
export type RedactedArea = Schemas['Rectangle'] | Schemas['Polygon'];

export type AuditEvent = Schemas['AuditEntry'];
export type AuditVerdict = Schemas['AuditVerdict'];

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

/** The parts of a model card that a page shows; the server passes the card on as it is. */
export interface ModelCard {
  intended_use?: string;
  created?: string;
  architecture?: Record<string, unknown>;
  input?: Record<string, unknown>;
  calibration?: Record<string, unknown>;
  data?: Record<string, unknown>;
  training?: Record<string, unknown>;
  metrics?: Record<string, unknown>;
  licences?: unknown[];
  limits?: unknown[];
  /** Classes of lesions that the model distinguishes. */
  classes?: { name: string }[];
}

export type ModelClassTarget = Schemas['ModelClassTarget'];
export type Model = Omit<Schemas['ModelSummary'], 'card'> & { card: ModelCard };
/** A decision that a version serves from then on. */
export type Deployment = Schemas['DeploymentDetails'];
export type Bundle = Schemas['BundleDetails'];
export type BundleKeys = Schemas['BundleKeyList'];
export type ModelJob = Schemas['ModelJob'];
export type Evaluation = Schemas['EvaluationSummary'];
/** An evaluation with the gate's verdict. */
export type EvaluationReport = Schemas['EvaluationDetails'];
export type GateCheck = Schemas['GateCheck'];
export type GateState = Schemas['GateState'];
export type PromotionRequest = Schemas['PromotionRequestDetails'];
export type ReferenceSet = Schemas['ReferenceSet'];
export type Rerun = Schemas['Rerun'];
export type VersionEffort = Schemas['VersionEffortReport'];
export type MostCorrected = Schemas['MostCorrected'];
export type Drift = Schemas['DriftReport'];
export type Shadow = Schemas['ShadowDetails'];
/** The data that a training run would learn from now. */
export type TrainingReadiness = Schemas['TrainingReadiness'];
export type ReadinessRemark = Schemas['ReadinessRemark'];
export type TrainingRun = Schemas['TrainingRunDetails'];

export type LabelSet = Schemas['LabelSetDetails'];
export type LabelClass = Schemas['ClassDetails'];
export type LabelAttribute = Schemas['AttributeDetails'];
export type NewLabelSet = Schemas['NewLabelSet'];
export type LabelSetChange = Schemas['LabelSetUpdate'];
export type ReadyLabelSet = Schemas['ReadySet'];
export type LabelSetUse = Schemas['LabelSetUse'];
