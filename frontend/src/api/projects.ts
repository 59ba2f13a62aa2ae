import { newIdempotencyKey, request } from './client';
import type { Member, Project, Role } from './types';

const projectPath = (id: string) => `/projects/${encodeURIComponent(id)}`;

export const fetchProjects = async (signal?: AbortSignal) =>
  (await request<{ items: Project[] }>('/projects', { signal })).items;

export const createProject = (body: { name: string; purpose: string }) =>
  request<Project>('/projects', {
    method: 'POST',
    json: body,
    idempotencyKey: newIdempotencyKey(),
  });

export type ProjectChange = Partial<
  Pick<
    Project,
    | 'name'
    | 'purpose'
    | 'double_reading_share'
    | 'self_approval'
    | 'blind_to_model'
    | 'case_rule'
    | 'retain_patient_characteristics'
    | 'retain_shifted_dates'
  >
>;

export const changeProject = (id: string, change: ProjectChange) =>
  request<Project>(projectPath(id), { method: 'PATCH', json: change });

export const fetchMembers = async (id: string, signal?: AbortSignal) =>
  (await request<{ items: Member[] }>(`${projectPath(id)}/members`, { signal })).items;

export const addMember = (id: string, body: { email?: string; user_id?: string; role: Role }) =>
  request<Member>(`${projectPath(id)}/members`, { method: 'POST', json: body });

export const changeMember = (id: string, userId: string, role: Role) =>
  request<Member>(`${projectPath(id)}/members/${encodeURIComponent(userId)}`, {
    method: 'PUT',
    json: { role },
  });

export const removeMember = (id: string, userId: string) =>
  request<void>(`${projectPath(id)}/members/${encodeURIComponent(userId)}`, { method: 'DELETE' });
