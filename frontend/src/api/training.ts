import { request } from './client';
import type { TrainingReadiness, TrainingRun } from './types';

const path = '/training-runs';

/** The data that a run would train on now, and what there is too little of. */
export const fetchReadiness = (signal?: AbortSignal) =>
  request<TrainingReadiness>('/training-readiness', { signal });

export const fetchTrainingRuns = async (signal?: AbortSignal) =>
  (await request<{ items: TrainingRun[] }>(path, { signal })).items;

export const startTraining = (epochs: number) =>
  request<TrainingRun>(path, { method: 'POST', json: { epochs } });

export const cancelTraining = (id: string) =>
  request<TrainingRun>(`${path}/${encodeURIComponent(id)}`, { method: 'DELETE' });
