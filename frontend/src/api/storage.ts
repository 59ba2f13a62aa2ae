import { request } from './client';
import type { components } from './schema';
import type { Page } from './types';

type Schemas = components['schemas'];

export type SiteStorage = Schemas['SiteStorage'];
export type ProjectStorage = Schemas['ProjectStorage'];
export type Deletion = Schemas['Deletion'];

export const fetchStorage = (signal?: AbortSignal) => request<SiteStorage>('/storage', { signal });

/** Deletions of the project in use that can still be undone. */
export const fetchDeletions = (cursor: string | null, signal?: AbortSignal) =>
  request<Page<Deletion>>('/deleted-images', { query: { cursor, limit: 50 }, signal });

export const eraseDeletion = (id: string) =>
  request<Schemas['BulkErased']>(`/bulk-acts/${encodeURIComponent(id)}/erasure`, {
    method: 'POST',
  });
