import { newIdempotencyKey, request } from './client';
import type { Job } from './types';

const jobPath = (id: string) => `/jobs/${encodeURIComponent(id)}`;

export const fetchJob = (id: string, signal?: AbortSignal) => request<Job>(jobPath(id), { signal });

export const cancelJob = (id: string) => request<void>(jobPath(id), { method: 'DELETE' });

export const retryJob = (id: string) =>
  request<Job>(`${jobPath(id)}/retry`, { method: 'POST', idempotencyKey: newIdempotencyKey() });
