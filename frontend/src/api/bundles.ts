import { newIdempotencyKey, request } from './client';
import type { Bundle, BundleKeys, Model } from './types';

/** This site's own key, and the keys of other sites that it trusts. */
export const fetchBundleKeys = (signal?: AbortSignal) =>
  request<BundleKeys>('/bundle-keys', { signal });

export const trustKey = (key: string, name: string) =>
  request<unknown>('/bundle-keys', { method: 'POST', json: { key, name } });

export const revokeKey = (id: string) =>
  request<void>(`/bundle-keys/${encodeURIComponent(id)}`, { method: 'DELETE' });

/** Bundles received from other sites, newest first. */
export const fetchBundles = async (signal?: AbortSignal) =>
  (await request<{ items: Bundle[] }>('/bundles', { signal })).items;

/** Sends a bundle of another site; a worker checks its signature first. */
export const sendBundle = (file: Blob, name: string) => {
  const body = new FormData();
  body.append('file', file, 'bundle.zip');
  if (name) body.append('name', name);
  return request<Bundle>('/bundles', {
    method: 'POST',
    form: body,
    idempotencyKey: newIdempotencyKey(),
  });
};

/** The address of a version as a signed bundle. */
export const modelBundleUrl = (model: Model) =>
  `/models/${encodeURIComponent(model.name)}/${encodeURIComponent(model.version)}/bundle`;
