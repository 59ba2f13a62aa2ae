import { request } from './client';
import type { TextSearch } from './workflowTypes';

/** Images not yet searched for text, and the progress of the last search. */
export const fetchTextSearch = (signal?: AbortSignal) =>
  request<TextSearch>('/text-search', { signal });

export const startTextSearch = () =>
  request<TextSearch>('/text-search', { method: 'POST', json: {} });

/** Stops it; results so far are kept. */
export const cancelTextSearch = () => request<TextSearch>('/text-search', { method: 'DELETE' });
