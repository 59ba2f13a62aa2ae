import { ApiError, newIdempotencyKey, request } from './client';
import { imagePath, rootPath } from './images';
import type { Job } from './types';
import type { Agreement, AgreementTotals, ConsensusMethod, Review, Verdict } from './workflowTypes';

/** A reviewer's decision on a revision; returning needs a comment. */
export const postReview = (
  imageId: string,
  review: { revision: number; verdict: Verdict; comment: string | null },
) =>
  request<Review>(`${imagePath(imageId)}/reviews`, {
    method: 'POST',
    json: review,
    idempotencyKey: newIdempotencyKey(),
  });

/** Takes one's own last decision back; refused once somebody has acted on it. */
export const takeBackReview = (imageId: string, reviewId: string) =>
  request<void>(`${rootPath(imageId)}/reviews/${encodeURIComponent(reviewId)}`, {
    method: 'DELETE',
  });

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
