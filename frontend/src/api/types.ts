// The shapes of the HTTP contract as the pages use them. `npm run api-types` writes the
// full document to schema.d.ts.

export type Role = 'annotator' | 'reviewer' | 'admin';

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string | null;
  instance?: string | null;
  request_id?: string | null;
  code?: string | null;
}

export interface Person {
  id: string;
  name: string;
}

export interface SessionUser extends Person {
  email: string;
  role: Role;
}

export interface Session {
  user: SessionUser;
  expires_at: string;
}

export interface User extends SessionUser {
  active: boolean;
  created_at: string;
  last_seen_at: string | null;
}

export interface ModelRef {
  name: string;
  version: string;
}

/** Millimetres between the centres of neighbouring pixels. */
export interface Spacing {
  row: number;
  column: number;
}

export interface Box {
  top: number;
  left: number;
  height: number;
  width: number;
}

export interface Lesion {
  /** 1-based; the same number names the lesion in the table, the contour and the colour. */
  label: number;
  /** Pixel centres of the outline in the frame's coordinates: [x, y], integers at centres. */
  contour: [number, number][];
  area_px: number;
  area_mm2: number | null;
  box: Box;
  long_axis_px: number;
  short_axis_px: number;
  long_axis_mm: number | null;
  short_axis_mm: number | null;
  mean_probability: number;
}

export interface Uncertainty {
  /** 0 (sure) to 1 (not sure at all). */
  score: number;
  reasons: { code: string; text: string }[];
}

export interface Provenance {
  model: ModelRef & { sha256: string };
  settings: Record<string, unknown>;
  software: string;
  provider: string;
}

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

/** What the `job` event carries: a job without its result. */
export interface JobNews {
  id: string;
  state: JobState;
  stage: string | null;
  /** 0..1 */
  progress: number;
  /** Jobs before this one; 0 is next, null when not queued. */
  position: number | null;
  image_id: string | null;
  duplicate: boolean;
  problem: Problem | null;
}

export interface Job extends JobNews {
  kind: string;
  attempts: number;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  model: ModelRef | null;
  links: { self: string; image?: string; mask?: string; overlay?: string; retry?: string };
}

export interface ImageNews {
  id: string;
  change: 'created' | 'deleted';
}

export type ImageState = 'unlabelled' | 'predicted';

export interface ImageItem {
  id: string;
  created_at: string;
  state: ImageState;
  owner: Person;
  subject: { id: string; code: string } | null;
  width: number;
  height: number;
  format: string;
  lesion_count: number;
  uncertainty_score: number | null;
  long_axis_mm: number | null;
  model: ModelRef | null;
  thumbnail_url: string;
}

export interface ImagePage extends Page<ImageItem> {
  total_estimate: number;
}

export interface Frame {
  id: string;
  width: number;
  height: number;
  spacing_mm: Spacing | null;
  attributes: Record<string, unknown>;
}

export interface Mask {
  id: string;
  revision: number;
  source: 'model' | 'human';
  model: ModelRef | null;
  created_at: string;
  lesions: Lesion[];
  uncertainty: Uncertainty | null;
  provenance: Provenance | null;
  timings_ms: Record<string, number> | null;
}

export interface ImageDetail extends ImageItem {
  frame: Frame;
  /** Newest first. */
  masks: Mask[];
}

export type Scope = 'segment' | 'read' | 'admin';

export interface Token {
  id: string;
  name: string;
  scopes: string[];
  owner: Person;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  revoked_at: string | null;
}

export interface ModelCard {
  intended_use?: string;
  created?: string;
  architecture?: Record<string, unknown>;
  input?: Record<string, unknown>;
  calibration?: Record<string, unknown>;
  data?: Record<string, unknown>;
  training?: Record<string, unknown>;
  metrics?: Record<string, unknown>;
  licences?: string[];
  limits?: string[];
}

export interface Model extends ModelRef {
  title: string;
  sha256: string;
  is_default: boolean;
  available: boolean;
  card: ModelCard;
}

export interface AuditEvent {
  id: string;
  at: string;
  actor: Person | null;
  action: string;
  object_type: string | null;
  object_id: string | null;
  detail: Record<string, unknown>;
}

export interface AuditVerdict {
  ok: boolean;
  events: number;
  broken_at: string | null;
}
