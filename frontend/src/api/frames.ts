import { newIdempotencyKey, request, requestBlob, withQuery } from './client';
import { rootPath } from './images';
import type { FrameList, Job } from './types';

export const fetchFrames = (imageId: string, signal?: AbortSignal) =>
  request<FrameList>(`${rootPath(imageId)}/frames`, { signal });

/** Runs a model on some frames; a job with progress that keeps finished frames when stopped. */
export const segmentFrames = (imageId: string, first: number, last: number) =>
  request<Job>(`${rootPath(imageId)}/segment`, {
    method: 'POST',
    json: { frames: { first, last } },
    idempotencyKey: newIdempotencyKey(),
  });

/** Pictures of consecutive frames, as files. */
export async function fetchClip(
  imageId: string,
  first: number,
  count: number,
  signal: AbortSignal,
): Promise<Blob[]> {
  const path = withQuery(`${rootPath(imageId)}/clip`, { first, count });
  const pack = await requestBlob(path, signal);
  return filesIn(await pack.arrayBuffer());
}

/** Each file is four bytes of length, little-endian, and its content. */
export function filesIn(pack: ArrayBuffer): Blob[] {
  const view = new DataView(pack);
  const files: Blob[] = [];
  for (let at = 0; at + 4 <= pack.byteLength; ) {
    const size = view.getUint32(at, true);
    files.push(new Blob([new Uint8Array(pack, at + 4, size)]));
    at += 4 + size;
  }
  return files;
}
