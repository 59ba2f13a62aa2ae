import { newIdempotencyKey, type Query, request, requestBlob, withQuery } from './client';
import type { ImageDetail, ImagePage, Job } from './types';

export const imagePath = (id: string) => `/images/${encodeURIComponent(id)}`;

export const fetchImages = (query: Query, signal?: AbortSignal) =>
  request<ImagePage>('/images', { query, signal });

export const fetchImage = (id: string, signal?: AbortSignal) =>
  request<ImageDetail>(imagePath(id), { signal });

export const deleteImage = (id: string) => request<void>(imagePath(id), { method: 'DELETE' });

/** Runs the pipeline again on a stored image; the new mask comes as the next revision. */
export const resegment = (id: string, model: string | null) =>
  request<Job>(`${imagePath(id)}/segment`, {
    method: 'POST',
    json: model ? { model } : {},
    idempotencyKey: newIdempotencyKey(),
  });

export const fetchFrame = (id: string, signal?: AbortSignal) =>
  requestBlob(`${imagePath(id)}/frame`, signal);

export const fetchMask = (id: string, revision: number, signal?: AbortSignal) =>
  requestBlob(withQuery(`${imagePath(id)}/mask`, { revision }), signal);

export const maskDownload = (id: string) => withQuery(`${imagePath(id)}/mask`, { download: 1 });

export const overlayDownload = (id: string) =>
  withQuery(`${imagePath(id)}/overlay`, { download: 1 });
