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
  /** Of a cine, what is approved on further frames; left out, all that was handed in with it. */
  further?: FrameRevision[];
}

export const postReview = (frameKey: string, review: NewReview) =>
  request<Review>(`${imagePath(frameKey)}/reviews`, {
    method: 'POST',
    json: review,
    idempotencyKey: newIdempotencyKey(),
  });

/** Takes one's own last decision back; refused once somebody has acted on it. */
export const takeBackReview = (imageId: string, reviewId: string) =>
  request<void>(`${rootPath(imageId)}/reviews/${encodeURIComponent(reviewId)}`, {
    method: 'DELETE',
  });

/** The frames that were handed in, with each reader's revision. */
export const fetchSubmittedFrames = async (imageId: string, signal?: AbortSignal) =>
  (await request<{ items: SubmittedFrame[] }>(`${rootPath(imageId)}/submitted-frames`, { signal }))
    .items;

/** How far two blind readings agree; null until both are in and measured. */
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

/** Makes one mask of several; it comes as the next revision when the job is done. */
export const makeConsensus = (imageId: string, method: ConsensusMethod, revisions: number[]) =>
  request<Job>(`${imagePath(imageId)}/consensus`, {
    method: 'POST',
    json: { method, revisions },
    idempotencyKey: newIdempotencyKey(),
  });

/** How far blind pairs agree that were measured from a moment on, over the whole site. */
export const fetchAgreementTotals = (from: string | null, signal?: AbortSignal) =>
  request<AgreementTotals>('/agreement', { query: { from }, signal });
