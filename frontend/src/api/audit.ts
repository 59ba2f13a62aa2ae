import { request } from './client';
import type { AuditEvent, AuditVerdict, Page } from './types';

export const fetchAudit = (cursor: string | null, signal?: AbortSignal) =>
  request<Page<AuditEvent>>('/audit', { query: { cursor, limit: 100 }, signal });

export const verifyAudit = () => request<AuditVerdict>('/audit/verify');
