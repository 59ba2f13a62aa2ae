import { newIdempotencyKey, request } from './client';
import type { LabelSet, LabelSetChange, LabelSetUse, NewLabelSet, ReadyLabelSet } from './types';

const setPath = (id: string) => `/label-sets/${encodeURIComponent(id)}`;

/** The sets of the caller's projects; of all projects for a site admin. */
export const fetchLabelSets = async (signal?: AbortSignal) =>
  (await request<{ items: LabelSet[] }>('/label-sets', { signal })).items;

export const fetchReadyLabelSets = async (signal?: AbortSignal) =>
  (await request<{ items: ReadyLabelSet[] }>('/ready-label-sets', { signal })).items;

export const createLabelSet = (body: NewLabelSet) =>
  request<LabelSet>('/label-sets', {
    method: 'POST',
    json: body,
    idempotencyKey: newIdempotencyKey(),
  });

export const changeLabelSet = (id: string, body: LabelSetChange) =>
  request<LabelSet>(setPath(id), { method: 'PUT', json: body });

export const chooseLabelSet = (projectId: string, labelSetId: string) =>
  request<LabelSet>(`/projects/${encodeURIComponent(projectId)}/label-set`, {
    method: 'PUT',
    json: { label_set_id: labelSetId },
  });

/** Number of lesions (and images) with each class and attribute. */
export const fetchLabelSetUse = (id: string, signal?: AbortSignal) =>
  request<LabelSetUse>(`${setPath(id)}/use`, { signal });
