import { newIdempotencyKey, request } from './client';
import type { components } from './schema';
import type { Page } from './types';

type Schemas = components['schemas'];

/** Any person's job in the project, as its admins see it. */
export type ProjectJob = Schemas['ProjectJob'];
export type JobCounts = Schemas['JobCounts'];
export type JobState = Schemas['JobState'];

const path = (id: string) => `/project-jobs/${encodeURIComponent(id)}`;

/** @param state null for jobs that are waiting, running or failed */
export const fetchProjectJobs = (
  state: JobState | null,
  cursor: string | null,
  signal?: AbortSignal,
) => request<Page<ProjectJob>>('/project-jobs', { query: { state, cursor, limit: 50 }, signal });

export const fetchJobCounts = (signal?: AbortSignal) =>
  request<JobCounts>('/project-job-counts', { signal });

/** Stops a waiting or running job. */
export const stopProjectJob = (id: string) => request<void>(path(id), { method: 'DELETE' });

export const retryProjectJob = (id: string) =>
  request<ProjectJob>(`${path(id)}/retry`, {
    method: 'POST',
    idempotencyKey: newIdempotencyKey(),
  });
