import { newIdempotencyKey, request } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];

export type BulkKind = Schemas['BulkKind'];
export type BulkResult = Schemas['BulkResult'];
export type BulkUndone = Schemas['BulkUndone'];
export type Matching = Partial<Schemas['Matching']>;
/** Images that an action applies to: the given ones, or all that match filters except some. */
export type Chosen = { image_ids: string[] } | { matching: Matching; leave_out: string[] };

export const actOnImages = (
  act: BulkKind,
  chosen: Chosen,
  assign?: { reader_ids: string[]; blind: boolean; due_at: string | null },
) =>
  request<BulkResult>('/bulk-acts', {
    method: 'POST',
    json: { act, ...chosen, ...(assign ? { assign } : {}) },
    idempotencyKey: newIdempotencyKey(),
  });

/** Undoes one's own action on all its images that nobody has worked on since. */
export const undoBulkAct = (id: string) =>
  request<BulkUndone>(`/bulk-acts/${encodeURIComponent(id)}`, { method: 'DELETE' });
