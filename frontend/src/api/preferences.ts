import { request } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];

export type ColumnName = Schemas['Column'];
export type View = Schemas['View'];
export type WorklistPreferences = Schemas['WorklistPreferences'];
export type KeyPreferences = Schemas['KeyPreferences'];
export type Preferences = Schemas['Preferences'];

export const fetchPreferences = (signal?: AbortSignal) =>
  request<Preferences>('/session/preferences', { signal });

export const putWorklistPreferences = (wanted: WorklistPreferences) =>
  request<void>('/session/preferences/worklist', { method: 'PUT', json: wanted });

export const putKeyPreferences = (wanted: KeyPreferences) =>
  request<void>('/session/preferences/keys', { method: 'PUT', json: wanted });
