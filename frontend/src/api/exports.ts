import { newIdempotencyKey, request } from './client';
import type { Page } from './types';
import type { Export, ExportOrder, ExportPreview } from './workflowTypes';

export const exportPath = (id: string) => `/exports/${encodeURIComponent(id)}`;

export const fetchExports = (cursor: string | null, signal?: AbortSignal) =>
  request<Page<Export>>('/exports', { query: { cursor, limit: 20 }, signal });

/** A preview of an export; creates nothing. */
export const previewExport = (order: ExportOrder, signal?: AbortSignal) =>
  request<ExportPreview>('/exports/preview', { method: 'POST', json: order, signal });

export const createExport = (order: ExportOrder) =>
  request<Export>('/exports', {
    method: 'POST',
    json: order,
    idempotencyKey: newIdempotencyKey(),
  });

/** Stops it and removes the files written; it stays in the list. */
export const cancelExport = (id: string) =>
  request<Export>(`${exportPath(id)}/cancel`, { method: 'POST' });

/** Stops it if it still runs, and deletes its archive. */
export const deleteExport = (id: string) => request<void>(exportPath(id), { method: 'DELETE' });
