import { sentenceOf } from '../api/problem';
import type { Job, JobNews } from '../api/types';

export type UploadState =
  | { is: 'waiting' }
  | { is: 'uploading'; progress: number }
  /** Sending failed; retried automatically. */
  | { is: 'reconnecting'; reason: string }
  /** The server accepts no more from this person for now; continues at the time that it gave. */
  | { is: 'held'; reason: string }
  /** The page was left before the server had the file; it must be chosen again. */
  | { is: 'lost' }
  | { is: 'queued'; position: number | null }
  | { is: 'running'; stage: string | null; progress: number }
  | { is: 'done'; imageId: string | null; duplicate: boolean }
  /** `retry`: what a retry would do; null if the file itself is the problem. */
  | { is: 'failed'; reason: string; retry: 'send' | 'job' | null }
  | { is: 'refused'; reason: string }
  /** Not an image, and not chosen by the person: it was in a dropped folder. */
  | { is: 'skipped'; reason: string }
  | { is: 'cancelled' };

export interface Upload {
  readonly key: string;
  /** The file's own name: only on this computer, until it is sealed on the server. */
  readonly name: string;
  /** The folders it was dropped with; null after the page was left. */
  readonly folder: string | null;
  readonly size: number;
  readonly jobId: string | null;
  readonly state: UploadState;
  /** Why the last request (cancel, retry) could not be fulfilled. */
  readonly note: string | null;
}

/** The part of an upload that is stored while the page is closed, without the file itself. */
export interface KeptUpload {
  key: string;
  name: string;
  size: number;
  /** Modification time, ms since 1970; name, size and time identify the file. */
  modified: number;
  contentType: string;
  project: string | null;
  case: string | null;
  idempotencyKey: string;
  jobId: string | null;
  state: UploadState;
}

/** Stores uploads while the page is closed. */
export interface UploadKeeper {
  keep: (upload: KeptUpload) => void;
  forget: (keys: readonly string[]) => void;
}

export function isOver(state: UploadState): boolean {
  return ['done', 'failed', 'refused', 'skipped', 'cancelled', 'lost'].includes(state.is);
}

/** Whether a person has to act; it stays visible until they have. */
export function isProblem(state: UploadState): boolean {
  return ['failed', 'refused', 'lost'].includes(state.is);
}

/** The state of a restored upload after the page was left. */
export function stateAfterReturn({ jobId, state }: KeptUpload): UploadState {
  if (jobId && !isOver(state)) return { is: 'queued', position: null };
  // Without the file, the upload can only continue if the file is chosen again.
  const sendable = state.is === 'failed' && state.retry === 'send';
  return isOver(state) && !sendable && state.is !== 'cancelled' ? state : { is: 'lost' };
}

/** The state of an upload according to its job. */
export function stateOfJob(news: JobNews | Job, was: UploadState): UploadState {
  switch (news.state) {
    case 'queued':
      // The event may lack the position; it is known from the answer or the last poll.
      return {
        is: 'queued',
        position: news.position ?? (was.is === 'queued' ? was.position : null),
      };
    case 'running':
      return { is: 'running', stage: news.stage, progress: news.progress };
    case 'done':
      return { is: 'done', imageId: news.image_id, duplicate: news.duplicate };
    case 'cancelled':
      return { is: 'cancelled' };
    case 'failed': {
      const retry = 'links' in news && news.links.retry ? 'job' : null;
      return { is: 'failed', reason: sentenceOf(news.problem), retry };
    }
  }
}
