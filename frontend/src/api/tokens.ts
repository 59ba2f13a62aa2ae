import { newIdempotencyKey, request } from './client';
import type { Page, Scope, Token } from './types';

export const fetchTokens = (signal?: AbortSignal) =>
  request<Page<Token>>('/tokens', { query: { limit: 200 }, signal });

export const createToken = (body: {
  name: string;
  scopes: Scope[];
  /** The project that it is confined to; null for all projects of its owner. */
  project: string | null;
  /** The account that it acts as; null for the caller. */
  service_account: string | null;
  expires_in_days?: number;
}) =>
  request<Token & { token: string }>('/tokens', {
    method: 'POST',
    json: body,
    idempotencyKey: newIdempotencyKey(),
  });

export const revokeToken = (id: string) =>
  request<void>(`/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' });
