import { newIdempotencyKey, request } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];

export type Pin = Schemas['PinDetails'];
export type NewPin = Schemas['NewPin'];

const pinsPath = (imageId: string) => `/images/${imageId}/pins`;

export const fetchPins = (imageId: string, signal?: AbortSignal) =>
  request<Schemas['Pins']>(pinsPath(imageId), { signal });

export const createPin = (imageId: string, wanted: NewPin) =>
  request<Pin>(pinsPath(imageId), {
    method: 'POST',
    json: wanted,
    idempotencyKey: newIdempotencyKey(),
  });

export const answerPin = (imageId: string, pinId: string, text: string) =>
  request<Pin>(`${pinsPath(imageId)}/${pinId}/comments`, {
    method: 'POST',
    json: { text },
    idempotencyKey: newIdempotencyKey(),
  });

export const settlePin = (imageId: string, pinId: string, resolved: boolean) =>
  request<Pin>(`${pinsPath(imageId)}/${pinId}`, { method: 'PUT', json: { resolved } });

export const deletePin = (imageId: string, pinId: string) =>
  request<void>(`${pinsPath(imageId)}/${pinId}`, { method: 'DELETE' });
