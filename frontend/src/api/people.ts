import { newIdempotencyKey, request } from './client';
import type { Page, Role, User } from './types';

export const fetchUsers = (signal?: AbortSignal) =>
  request<Page<User>>('/users', { query: { limit: 200 }, signal });

export const inviteUser = (body: {
  name: string;
  email: string;
  role: Role;
  project: string | null;
}) =>
  request<{ user: User; set_up_url: string | null; mailed: boolean }>('/users', {
    method: 'POST',
    json: body,
    idempotencyKey: newIdempotencyKey(),
  });

/** An account that owns the images that a machine sends. */
export const createServiceAccount = (body: { name: string; project: string | null }) =>
  request<User>('/service-accounts', {
    method: 'POST',
    json: body,
    idempotencyKey: newIdempotencyKey(),
  });

export const updateUser = (
  id: string,
  change: { name?: string; email?: string; role?: Role; active?: boolean },
) => request<User>(`/users/${encodeURIComponent(id)}`, { method: 'PATCH', json: change });

export const createResetLink = (id: string) =>
  request<{ set_up_url: string; mailed: boolean }>(`/users/${encodeURIComponent(id)}/reset-link`, {
    method: 'POST',
    idempotencyKey: newIdempotencyKey(),
  });

/** Revokes the person's invitation, or the link for a new password. */
export const revokeLink = (id: string) =>
  request<void>(`/users/${encodeURIComponent(id)}/reset-link`, { method: 'DELETE' });
