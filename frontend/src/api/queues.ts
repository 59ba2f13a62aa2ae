import { request } from './client';
import type { QueueCounts } from './workflowTypes';

/** Number of images that wait for the caller, by queue. */
export const fetchQueues = (signal?: AbortSignal) => request<QueueCounts>('/queues', { signal });
