import { request } from './client';
import type { Bucket, Effort } from './workflowTypes';

/** What correcting cost, from the revisions that were handed in between two days. */
export const fetchEffort = (
  query: { from: string | null; to: string | null; bucket: Bucket },
  signal?: AbortSignal,
) => request<Effort>('/effort', { query, signal });
