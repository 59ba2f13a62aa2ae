import { request } from './client';
import type { TrainingReadiness, TrainingRun } from './types';

const path = '/training-runs';

/** The data on which a run would train now, and what is insufficient. */
export const fetchReadiness = (signal?: AbortSignal) =>
  request<TrainingReadiness>('/training-readiness', { signal });

export const fetchTrainingRuns = async (signal?: AbortSignal) =>
  (await request<{ items: TrainingRun[] }>(path, { signal })).items;

export const startTraining = (epochs: number) =>
  request<TrainingRun>(path, { method: 'POST', json: { epochs } });

export const cancelTraining = (id: string) =>
  request<TrainingRun>(`${path}/${encodeURIComponent(id)}`, { method: 'DELETE' });
