import { request } from './client';
import type { Pool } from './workflowTypes';

/** Statistics of the approved masks. */
export const fetchPool = (signal?: AbortSignal) => request<Pool>('/pool', { signal });
