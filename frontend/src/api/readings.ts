import { newIdempotencyKey, request } from './client';
import { imagePath } from './images';
import type { Distribution, NewReadings, Reader, Reading } from './workflowTypes';

/** Most images that one request assigns; the server refuses more. */
const IMAGES_PER_REQUEST = 200;

/** Who can be given images to read, with how many they have open. */
export const fetchReaders = (signal?: AbortSignal) =>
  request<{ items: Reader[] }>('/readers', { signal });

/**
 * Gives the images to the people, each image to each person. Larger selections go in several
 * requests; `onProgress` hears how many images are assigned so far.
 */
export async function assignReadings(
  imageIds: readonly string[],
  readings: NewReadings,
  onProgress: (assigned: number) => void = () => {},
): Promise<Reading[]> {
  const made: Reading[] = [];
  for (let from = 0; from < imageIds.length; from += IMAGES_PER_REQUEST) {
    const part = imageIds.slice(from, from + IMAGES_PER_REQUEST);
    made.push(
      ...(await request<Reading[]>('/readings', {
        method: 'POST',
        json: { image_ids: part, ...readings },
        idempotencyKey: newIdempotencyKey(),
      })),
    );
    onProgress(from + part.length);
  }
  return made;
}

/** Gives images without a reader to the least busy annotators; double ones to two, blind. */
export const distributeReadings = (due_at: string | null) =>
  request<Distribution>('/readings/distribute', {
    method: 'POST',
    json: { due_at },
    idempotencyKey: newIdempotencyKey(),
  });

/** Takes an assignment back; refused once something is drawn. */
export const removeReading = (imageId: string, readingId: string) =>
  request<void>(`${imagePath(imageId)}/readings/${encodeURIComponent(readingId)}`, {
    method: 'DELETE',
  });
