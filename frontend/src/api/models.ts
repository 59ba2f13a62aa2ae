import { newIdempotencyKey, request } from './client';
import type {
  Deployment,
  Drift,
  Model,
  ModelClassTarget,
  ModelJob,
  MostCorrected,
  Rerun,
  VersionEffort,
} from './types';

export const fetchModels = (signal?: AbortSignal) =>
  request<{ items: Model[] }>('/models', { signal });

const versionPath = (model: Model) =>
  `/models/${encodeURIComponent(model.name)}/${encodeURIComponent(model.version)}`;

/** Deployments of the project, newest first: the one in use, and former ones. */
export const fetchDeployments = async (signal?: AbortSignal) =>
  (await request<{ items: Deployment[] }>('/deployments', { signal })).items;

export interface Decision {
  reason: string;
  everywhere: boolean;
  /** No gain is shown, and the reason is optional. */
  without_gain?: boolean;
}

export const promoteModel = (model: Model, decision: Decision) =>
  request<unknown>('/deployments', {
    method: 'POST',
    json: { model: `${model.name}@${model.version}`, ...decision },
  });

export const rollBackModel = (decision: Decision) =>
  request<unknown>('/deployments/rollback', { method: 'POST', json: decision });

export const rejectModel = (model: Model, reason: string) =>
  request<void>(`${versionPath(model)}/rejection`, { method: 'PUT', json: { reason } });

export const verifyModel = (model: Model) =>
  request<ModelJob>(`${versionPath(model)}/verification`, { method: 'POST' });

/** The project's classes that a model's classes are mapped to. */
export const fetchModelClasses = async (model: Model, signal?: AbortSignal) =>
  (await request<{ items: ModelClassTarget[] }>(`${versionPath(model)}/classes`, { signal })).items;

export const placeModelClass = async (model: Model, name: string, target: string) =>
  (
    await request<{ items: ModelClassTarget[] }>(`${versionPath(model)}/classes`, {
      method: 'PUT',
      json: { targets: { [name]: target } },
    })
  ).items;

export const fetchModelJobs = async (signal?: AbortSignal) =>
  (await request<{ items: ModelJob[] }>('/model-jobs', { signal })).items;

/** Time and corrections by the version that made the first outline. */
export const fetchVersionEffort = (signal?: AbortSignal) =>
  request<VersionEffort>('/version-effort', { signal });

/** Approved images that readers changed most. */
export const fetchMostCorrected = (model: string, signal?: AbortSignal) =>
  request<MostCorrected>('/version-effort/most-corrected', { query: { model }, signal });

/** Weeks of the project compared with the first images of the version. */
export const fetchDrift = (signal?: AbortSignal) => request<Drift>('/drift', { signal });

/** Sends the ZIP of a model's folder; a worker verifies it. */
export const sendModel = (file: Blob) => {
  const body = new FormData();
  body.append('file', file, 'model.zip');
  return request<ModelJob>('/models', {
    method: 'POST',
    form: body,
    idempotencyKey: newIdempotencyKey(),
  });
};

/** How many untouched outlines are from a model no longer in use, and the last job's progress. */
export const fetchRerun = (signal?: AbortSignal) => request<Rerun>('/reruns', { signal });

export const startRerun = () => request<Rerun>('/reruns', { method: 'POST' });

/** Stops it; finished images stay. */
export const cancelRerun = () => request<Rerun>('/reruns', { method: 'DELETE' });
