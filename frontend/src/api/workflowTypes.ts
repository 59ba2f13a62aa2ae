// The names that the workflow's pages use for the shapes of the HTTP contract, see types.ts.
import type { components } from './schema';
import type { ImageDetail, ImageItem, ImageState, JobNews, Mask } from './types';

type Schemas = components['schemas'];

export type WorkState = ImageState;
export type WorkItem = ImageItem;
export type WorkImage = ImageDetail;
export type WorkMask = Mask;
export type JobKindNews = JobNews & { kind?: string };

export type ReadingState = Schemas['ReadingState'];
export type Verdict = Schemas['Verdict'];
export type Split = Schemas['Split'];
export type Assessment = Schemas['Assessment'];

export type QueueCounts = Schemas['QueueCounts'];
export type ReaderState = WorkItem['readers'][number];
export type Reader = Schemas['ReaderLoad'];
export type Reading = Schemas['ReadingDetails'];
export type Distribution = Schemas['Distribution'];
export type Review = Schemas['ReviewDetails'];
export type FrameRevision = Schemas['FrameRevision'];
export type SubmittedFrame = Schemas['SubmittedFrame'];
export type Agreement = Schemas['AgreementDetails'];
export type AgreementTotals = Schemas['AgreementTotals'];
export type ConsensusMethod = Schemas['ConsensusMethod'];

/** The people who should read an image. */
export interface NewReadings {
  reader_ids: string[];
  blind: boolean;
  /** The time by which it should be submitted. */
  due_at: string | null;
}

export type Bucket = Schemas['Bucket'];
export type Effort = Schemas['EffortReport'];
export type EffortFigures = Omit<Schemas['EffortBucket'], 'start'>;

export type Pool = Schemas['PoolDetails'];
export type Bin = Schemas['Bin'];
export type NamedCount = Schemas['Count'];

export type ExportFormat = Schemas['ExportFormat'];
export type ExportFilters = Required<Schemas['ExportFilters']>;
export type ExportOrder = Omit<Required<Schemas['ExportOrder']>, 'filters'> & {
  filters: ExportFilters;
};
export type SuspectedTextRule = Schemas['SuspectedTextRule'];
export type ExportCounts = Schemas['ExportCounts'];
export type ExportPreview = Schemas['ExportPreview'];
export type TextSearch = Schemas['TextSearch'];
export type Export = Omit<Schemas['ExportDetails'], 'filters'> & { filters: ExportFilters };

export type ImportState = Schemas['ImportState'];
export type ImportAs = Schemas['ImportAs'];
export type ImportReport = Schemas['ImportReport'];
export type Import = Schemas['ImportDetails'];
