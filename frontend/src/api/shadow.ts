import { request } from './client';
import type { Model, Shadow } from './types';

/** Shadows of the version in use, running and ended, newest first. */
export const fetchShadows = async (signal?: AbortSignal) =>
  (await request<{ items: Shadow[] }>('/shadow', { signal })).items;

export const startShadow = (model: Model, reason: string) =>
  request<unknown>('/shadow', {
    method: 'POST',
    json: { model: `${model.name}@${model.version}`, reason },
  });

/** Stops it; its results are kept. */
export const stopShadow = () => request<unknown>('/shadow', { method: 'DELETE' });
