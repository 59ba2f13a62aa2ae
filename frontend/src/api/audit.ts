import { request, withQuery } from './client';
import type { AuditEvent, AuditVerdict, Page } from './types';

/** A selection of the log's entries; times as ISO 8601. */
export type AuditSelection = {
  actor?: string | undefined;
  action?: string | undefined;
  /** An image, a person, a project … by id. */
  object_id?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
};

export const fetchAudit = (
  selection: AuditSelection,
  cursor: string | null,
  signal?: AbortSignal,
) => request<Page<AuditEvent>>('/audit', { query: { ...selection, cursor, limit: 100 }, signal });

export const fetchAuditActions = (signal?: AbortSignal) =>
  request<{ items: string[] }>('/audit/actions', { signal });

/** The address for downloading the chosen part of the log. */
export const auditFile = (selection: AuditSelection, format: 'csv' | 'jsonl') =>
  withQuery('/audit/export', { ...selection, format });

export const verifyAudit = () => request<AuditVerdict>('/audit/verify');
