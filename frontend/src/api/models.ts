import { request } from './client';
import type { Model } from './types';

export const fetchModels = (signal?: AbortSignal) =>
  request<{ items: Model[] }>('/models', { signal });
