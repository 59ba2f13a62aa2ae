import { sentenceOf } from '../api/problem';
import type { Job, JobNews } from '../api/types';

export type UploadState =
  | { is: 'waiting' }
  | { is: 'uploading'; progress: number }
  /** Could not be sent; tries again by itself. */
  | { is: 'reconnecting'; reason: string }
  /** The server takes no more of this person for now; goes on by itself at the time it named. */
  | { is: 'held'; reason: string }
  /** The page was left before the server had the file; it must be chosen again. */
  | { is: 'lost' }
  | { is: 'queued'; position: number | null }
  | { is: 'running'; stage: string | null; progress: number }
  | { is: 'done'; imageId: string | null; duplicate: boolean }
  /** `retry`: how a retry would go, null when the file itself is at fault. */
  | { is: 'failed'; reason: string; retry: 'send' | 'job' | null }
  | { is: 'refused'; reason: string }
  /** No image, and nobody chose it: it lay in a folder that was dropped. */
  | { is: 'skipped'; reason: string }
  | { is: 'cancelled' };

export interface Upload {
  readonly key: string;
  /** The person's own file name: on this computer only, until it is sealed on the server. */
  readonly name: string;
  /** The folders that it was dropped with; null after the page was left. */
  readonly folder: string | null;
  readonly size: number;
  readonly jobId: string | null;
  readonly state: UploadState;
  /** Why the last wish (cancel, retry) could not be met. */
  readonly note: string | null;
}

/** The part of an upload that is kept while the page is away, without the file itself. */
export interface KeptUpload {
  key: string;
  name: string;
  size: number;
  /** When the file was last changed, ms since 1970: a file with this name, size and time is it. */
  modified: number;
  contentType: string;
  project: string | null;
  case: string | null;
  idempotencyKey: string;
  jobId: string | null;
  state: UploadState;
}

/** Where uploads are kept while the page is away. */
export interface UploadKeeper {
  keep: (upload: KeptUpload) => void;
  forget: (keys: readonly string[]) => void;
}

export function isOver(state: UploadState): boolean {
  return ['done', 'failed', 'refused', 'skipped', 'cancelled', 'lost'].includes(state.is);
}

/** Whether a person has to do something about it; it stays in sight until they have. */
export function isProblem(state: UploadState): boolean {
  return ['failed', 'refused', 'lost'].includes(state.is);
}

/** How an upload goes on after the page was left. */
export function stateAfterReturn({ jobId, state }: KeptUpload): UploadState {
  if (jobId && !isOver(state)) return { is: 'queued', position: null };
  // Without its file it can only be chosen again.
  const sendable = state.is === 'failed' && state.retry === 'send';
  return isOver(state) && !sendable && state.is !== 'cancelled' ? state : { is: 'lost' };
}

/** The state of an upload by the news of its job. */
export function stateOfJob(news: JobNews | Job, was: UploadState): UploadState {
  switch (news.state) {
    case 'queued':
      // The event may leave the place out: it is known from the answer or the last poll.
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
