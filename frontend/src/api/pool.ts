import { request } from './client';
import type { Pool } from './workflowTypes';

/** The approved masks in numbers. */
export const fetchPool = (signal?: AbortSignal) => request<Pool>('/pool', { signal });
