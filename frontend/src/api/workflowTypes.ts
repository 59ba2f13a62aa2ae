// Shapes of readings, reviews, effort, pool, exports and imports, written by hand until
// schema.d.ts has them; each is then an alias of the generated one.
import type { ImageItem, JobNews, Person } from './types';

export type WorkState =
  | 'unlabelled'
  | 'predicted'
  | 'in-correction'
  | 'submitted'
  | 'returned'
  | 'approved';
export type ReadingState = 'open' | 'submitted' | 'returned' | 'approved' | 'superseded';
export type Verdict = 'approved' | 'returned';
export type Split = 'train' | 'validation' | 'test';

export interface QueueCounts {
  to_correct: number;
  returned: number;
  submitted_by_me: number;
  to_review: number;
  to_adjudicate: number;
  overdue: number;
  drafts: number;
  unassigned: number;
}

export interface ReaderState extends Person {
  state: ReadingState;
}

/** A row of the worklist. */
export type WorkItem = Omit<ImageItem, 'state'> & {
  state: WorkState;
  state_changed_at: string;
  disagreement: number | null;
  double_reading: boolean;
  readers: ReaderState[];
  due_at: string | null;
  has_draft: boolean;
  editing: string[];
};

export type JobKindNews = JobNews & { kind?: string };

export interface Reader extends Person {
  role: 'annotator' | 'reviewer' | 'admin';
  open: number;
}

export interface NewReadings {
  reader_ids: string[];
  blind: boolean;
  due_at: string | null;
}

export interface Reading {
  id: string;
  image_id: string;
  reader: Person;
  assigned_by: Person | null;
  blind: boolean;
  state: ReadingState;
  due_at: string | null;
  created_at: string;
  submitted_at: string | null;
  submitted_revision: number | null;
}

export interface Distribution {
  images: number;
  readings: number;
}

export interface Review {
  id: string;
  revision: number;
  reviewer: Person;
  verdict: Verdict;
  comment: string | null;
  created_at: string;
}

export type Bucket = 'day' | 'week' | 'month';

export interface EffortFigures {
  images: number;
  seconds_median: number | null;
  seconds_mean: number | null;
  dice_mean: number | null;
  untouched_share: number | null;
}

export interface Effort {
  buckets: (EffortFigures & { start: string })[];
  by_model: (EffortFigures & { model: string; version: string })[];
  by_person?: (EffortFigures & { person: Person })[];
}
