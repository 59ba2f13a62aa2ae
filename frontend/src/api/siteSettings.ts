import { request } from './client';
import type { components } from './schema';

export type Setting = components['schemas']['SettingDetails'];
export type SettingValue = Setting['value'];
/** Null resets a setting to that of the environment. */
export type SettingChange = Record<string, SettingValue | null>;

export const fetchSiteSettings = (signal?: AbortSignal) =>
  request<{ items: Setting[] }>('/site-settings', { signal });

export const changeSiteSettings = (change: SettingChange) =>
  request<{ items: Setting[] }>('/site-settings', { method: 'PATCH', json: change });
