import { request } from './client';
import type { Bucket, Effort } from './workflowTypes';

/** The effort of corrections, from the revisions submitted between two days. */
export const fetchEffort = (
  query: { from: string | null; to: string | null; bucket: Bucket },
  signal?: AbortSignal,
) => request<Effort>('/effort', { query, signal });
