// The shapes of the HTTP contract that saving needs.
import type { Person } from '../api/types';

/** What a reader says of an image. */
export type Answer = 'lesions' | 'no-lesion' | 'cannot-judge';

/** A drawing on the wire: row-major runs [label, length, …], names by label. */
export interface Labels {
  width: number;
  height: number;
  runs: number[];
  names: Record<string, string>;
}

export interface DraftBody {
  /** The version that this one follows; 0 where the server has none yet. */
  version: number;
  parent_revision: number | null;
  labels: Labels;
  answer: Answer | null;
  answer_reason: string | null;
  /** Active editing since the parent, in seconds. */
  seconds: number;
  /** Write over whatever another tab wrote. */
  force?: boolean;
}

export interface DraftDetails {
  version: number;
  parent_revision: number | null;
  labels: Labels;
  answer: Answer | null;
  answer_reason: string | null;
  seconds: number;
  updated_at: string;
}

export interface DraftSaved {
  version: number;
  updated_at: string;
}

export interface RevisionBody {
  parent_revision: number | null;
  labels: Labels;
  answer: Answer;
  answer_reason: string | null;
  seconds: number;
  submit: boolean;
}

/** What a list of revisions says of one. */
export interface Revision {
  id: string;
  revision: number;
  parent_revision: number | null;
  source: 'model' | 'human' | 'consensus';
  author: Person | null;
  model: { name: string; version: string } | null;
  created_at: string;
  answer: Answer | null;
  answer_reason: string | null;
  seconds: number | null;
  dice: number | null;
  untouched: boolean | null;
  reading_id: string | null;
  names: Record<string, string>;
}

/** Somebody else who has the image open. */
export interface PresentPerson {
  id: string;
  name: string;
  editing: boolean;
  since: string;
}
