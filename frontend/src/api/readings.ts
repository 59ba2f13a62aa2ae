import { newIdempotencyKey, request } from './client';
import { imagePath } from './images';
import type { Distribution, Reader } from './workflowTypes';

/** People who can be given images to read, with their number of open ones. */
export const fetchReaders = (signal?: AbortSignal) =>
  request<{ items: Reader[] }>('/readers', { signal });

/** Gives images without a reader to the least busy annotators; double ones to two, blind. */
export const distributeReadings = (due_at: string | null) =>
  request<Distribution>('/readings/distribute', {
    method: 'POST',
    json: { due_at },
    idempotencyKey: newIdempotencyKey(),
  });

/** Withdraws an assignment; refused once something is drawn. */
export const removeReading = (imageId: string, readingId: string) =>
  request<void>(`${imagePath(imageId)}/readings/${encodeURIComponent(readingId)}`, {
    method: 'DELETE',
  });
