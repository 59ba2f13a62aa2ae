import { newIdempotencyKey, request } from './client';
import type { components } from './schema';
import type { Role } from './types';

/** People of the site who have roles in projects together. */
export type PeopleGroup = components['schemas']['GroupDetails'];
/** A group as the admins of a project see it. */
export type ProjectGroup = components['schemas']['GroupInProject'];

const groupPath = (id: string) => `/groups/${encodeURIComponent(id)}`;
const memberPath = (id: string, userId: string) =>
  `${groupPath(id)}/members/${encodeURIComponent(userId)}`;
const projectPath = (projectId: string) => `/projects/${encodeURIComponent(projectId)}/groups`;

export const fetchGroups = async (signal?: AbortSignal) =>
  (await request<{ items: PeopleGroup[] }>('/groups', { signal })).items;

export const createGroup = (name: string) =>
  request<PeopleGroup>('/groups', {
    method: 'POST',
    json: { name },
    idempotencyKey: newIdempotencyKey(),
  });

export const renameGroup = (id: string, name: string) =>
  request<PeopleGroup>(groupPath(id), { method: 'PATCH', json: { name } });

export const deleteGroup = (id: string) => request<void>(groupPath(id), { method: 'DELETE' });

export const joinGroup = (id: string, userId: string) =>
  request<PeopleGroup>(memberPath(id, userId), { method: 'PUT' });

export const leaveGroup = (id: string, userId: string) =>
  request<PeopleGroup>(memberPath(id, userId), { method: 'DELETE' });

export const fetchProjectGroups = async (projectId: string, signal?: AbortSignal) =>
  (await request<{ items: ProjectGroup[] }>(projectPath(projectId), { signal })).items;

export const setGroupRole = (projectId: string, id: string, role: Role) =>
  request<ProjectGroup>(`${projectPath(projectId)}/${encodeURIComponent(id)}`, {
    method: 'PUT',
    json: { role },
  });

export const endGroupRole = (projectId: string, id: string) =>
  request<void>(`${projectPath(projectId)}/${encodeURIComponent(id)}`, { method: 'DELETE' });
