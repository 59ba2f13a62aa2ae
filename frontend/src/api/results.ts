import { request } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Destination = Schemas['DestinationDetails'];
export type NewDestination = Schemas['NewDestination'];
export type DestinationChange = Schemas['DestinationChange'];
export type ProjectDelivery = Schemas['ProjectDelivery'];
export type Deliveries = Schemas['DeliveryList'];

const destinations = (projectId: string) =>
  `/projects/${encodeURIComponent(projectId)}/destinations`;
const deliveries = (imageId: string) => `/images/${encodeURIComponent(imageId)}/deliveries`;

export const fetchDestinations = async (projectId: string, signal?: AbortSignal) =>
  (await request<{ items: Destination[] }>(destinations(projectId), { signal })).items;

export const createDestination = (projectId: string, body: Partial<NewDestination>) =>
  request<Destination>(destinations(projectId), { method: 'POST', json: body });

export const changeDestination = (projectId: string, id: string, body: DestinationChange) =>
  request<Destination>(`${destinations(projectId)}/${encodeURIComponent(id)}`, {
    method: 'PATCH',
    json: body,
  });

export const removeDestination = (projectId: string, id: string) =>
  request<void>(`${destinations(projectId)}/${encodeURIComponent(id)}`, { method: 'DELETE' });

export const fetchProjectDeliveries = async (
  projectId: string,
  state: ProjectDelivery['state'] | null,
  signal?: AbortSignal,
) =>
  (
    await request<{ items: ProjectDelivery[] }>(
      `/projects/${encodeURIComponent(projectId)}/deliveries`,
      { query: { state }, signal },
    )
  ).items;

export const fetchDeliveries = (imageId: string, signal?: AbortSignal) =>
  request<Deliveries>(deliveries(imageId), { signal });

export const sendTo = (imageId: string, destinationId: string) =>
  request<Deliveries>(deliveries(imageId), {
    method: 'POST',
    json: { destination_id: destinationId },
  });
