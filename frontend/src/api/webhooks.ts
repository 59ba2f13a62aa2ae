import { request } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Webhook = Schemas['WebhookDetails'];
export type MadeWebhook = Schemas['MadeWebhook'];
export type WebhookEvent = Webhook['events'][number];
export type WebhookDelivery = Schemas['WebhookDelivery'];

const webhooks = (projectId: string) => `/projects/${encodeURIComponent(projectId)}/webhooks`;
const one = (projectId: string, id: string) => `${webhooks(projectId)}/${encodeURIComponent(id)}`;

export const fetchWebhooks = async (projectId: string, signal?: AbortSignal) =>
  (await request<{ items: Webhook[] }>(webhooks(projectId), { signal })).items;

export const createWebhook = (projectId: string, url: string, events: WebhookEvent[]) =>
  request<MadeWebhook>(webhooks(projectId), { method: 'POST', json: { url, events } });

export const changeWebhook = (projectId: string, id: string, body: Schemas['WebhookChange']) =>
  request<Webhook>(one(projectId, id), { method: 'PATCH', json: body });

export const removeWebhook = (projectId: string, id: string) =>
  request<void>(one(projectId, id), { method: 'DELETE' });

export const rotateSecret = (projectId: string, id: string) =>
  request<MadeWebhook>(`${one(projectId, id)}/secret`, { method: 'POST' });

export const testWebhook = (projectId: string, id: string) =>
  request<WebhookDelivery>(`${one(projectId, id)}/test`, { method: 'POST' });

export const fetchWebhookDeliveries = async (projectId: string, id: string, signal?: AbortSignal) =>
  (await request<{ items: WebhookDelivery[] }>(`${one(projectId, id)}/deliveries`, { signal }))
    .items;
