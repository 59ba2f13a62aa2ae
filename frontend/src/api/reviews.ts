import { ApiError, newIdempotencyKey, request } from './client';
import { imagePath, rootPath } from './images';
import type { Job } from './types';
import type {
  Agreement,
  AgreementTotals,
  ConsensusMethod,
  FrameRevision,
  Review,
  SubmittedFrame,
  Verdict,
} from './workflowTypes';

/** A reviewer's decision on a revision. */
export interface NewReview {
  revision: number;
  verdict: Verdict;
  /** To the reader; returning needs one. */
  comment: string | null;
  /** For a cine, the revisions approved on further frames; if omitted, all submitted with it. */
  further?: FrameRevision[];
}

export const postReview = (frameKey: string, review: NewReview) =>
  request<Review>(`${imagePath(frameKey)}/reviews`, {
    method: 'POST',
    json: review,
    idempotencyKey: newIdempotencyKey(),
  });

/** Reverts one's own last decision; refused once someone has acted on it. */
export const takeBackReview = (imageId: string, reviewId: string) =>
  request<void>(`${rootPath(imageId)}/reviews/${encodeURIComponent(reviewId)}`, {
    method: 'DELETE',
  });

/** The submitted frames, with each reader's revision. */
export const fetchSubmittedFrames = async (imageId: string, signal?: AbortSignal) =>
  (await request<{ items: SubmittedFrame[] }>(`${rootPath(imageId)}/submitted-frames`, { signal }))
    .items;

/** The agreement of two blind readings; null until both are submitted and measured. */
export async function fetchAgreement(
  imageId: string,
  signal?: AbortSignal,
): Promise<Agreement | null> {
  try {
    return await request<Agreement>(`${imagePath(imageId)}/agreement`, { signal });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** Merges several masks into one, which becomes the next revision when the job is done. */
export const makeConsensus = (imageId: string, method: ConsensusMethod, revisions: number[]) =>
  request<Job>(`${imagePath(imageId)}/consensus`, {
    method: 'POST',
    json: { method, revisions },
    idempotencyKey: newIdempotencyKey(),
  });

/** The agreement of blind pairs measured since a given time, over the whole site. */
export const fetchAgreementTotals = (from: string | null, signal?: AbortSignal) =>
  request<AgreementTotals>('/agreement', { query: { from }, signal });
