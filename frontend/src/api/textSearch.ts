import { request } from './client';
import type { TextSearch } from './workflowTypes';

/** Images in which nobody has looked for text, and how far the last search for it is. */
export const fetchTextSearch = (signal?: AbortSignal) =>
  request<TextSearch>('/text-search', { signal });

export const startTextSearch = () =>
  request<TextSearch>('/text-search', { method: 'POST', json: {} });

/** Stops it; what it has found so far stays. */
export const cancelTextSearch = () => request<TextSearch>('/text-search', { method: 'DELETE' });
