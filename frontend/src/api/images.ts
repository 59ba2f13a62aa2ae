import { newIdempotencyKey, type Query, request, requestBlob, withQuery } from './client';
import { frameOf, imageOf } from './frameKey';
import type {
  Calibrate,
  Calibrated,
  ImageDetail,
  ImagePage,
  Job,
  RedactedArea,
  SuspectedArea,
} from './types';

/** @param frameKey an image, or a frame of it: see `frameKeyOf` */
export const rootPath = (frameKey: string) => `/images/${encodeURIComponent(imageOf(frameKey))}`;

/** The path of the key's frame; of the first frame if it names none. */
export function imagePath(frameKey: string): string {
  const frame = frameOf(frameKey);
  return frame === 0 ? rootPath(frameKey) : `${rootPath(frameKey)}/frames/${frame}`;
}

/** @param text part of a name or case, or the start of a code: in a header, not in an address */
export const fetchImages = (query: Query, text: string, signal?: AbortSignal) =>
  request<ImagePage>('/images', {
    query,
    signal,
    ...(text ? { headers: { 'Sonoloop-Search': text } } : {}),
  });

export const fetchImage = (id: string, signal?: AbortSignal) =>
  request<ImageDetail>(imagePath(id), { signal });

/** Runs the pipeline again on a stored image; the new mask becomes the next revision. */
export const resegment = (frameKey: string, model: string | null, several: boolean) =>
  request<Job>(`${rootPath(frameKey)}/segment`, {
    method: 'POST',
    json: {
      ...(model ? { model } : {}),
      ...(several ? { frames: { first: frameOf(frameKey), last: frameOf(frameKey) } } : {}),
    },
    idempotencyKey: newIdempotencyKey(),
  });

/** @param url as in the image's details: it changes when pixels are blacked out */
export const fetchFrame = (url: string, signal?: AbortSignal) => requestBlob(url, signal);

/** Sets the length of a distance in the picture if the file states none. */
export const calibrate = (id: string, wanted: Calibrate) =>
  request<Calibrated>(`${rootPath(id)}/calibration`, { method: 'PUT', json: wanted });

/** Removes the scales that people set. */
export const forgetCalibration = (id: string) =>
  request<Calibrated>(`${rootPath(id)}/calibration`, { method: 'DELETE' });

/** Blacks out areas permanently; a worker does it. */
export const blackOut = (id: string, areas: readonly RedactedArea[]) =>
  request<Job>(`${rootPath(id)}/redactions`, {
    method: 'POST',
    json: { areas },
    idempotencyKey: newIdempotencyKey(),
  });

/** Marks suspected text as kept, or withdraws that. */
export const judgeText = (id: string, areaId: string, judgement: 'kept' | null) =>
  request<SuspectedArea>(`${rootPath(id)}/suspected-text/${encodeURIComponent(areaId)}`, {
    method: 'PUT',
    json: { judgement },
  });

export const fetchMask = (id: string, revision: number, signal?: AbortSignal) =>
  requestBlob(withQuery(`${imagePath(id)}/mask`, { revision }), signal);

export const maskDownload = (id: string) => withQuery(`${imagePath(id)}/mask`, { download: 1 });

export const dicomDownload = (id: string, kind: 'seg' | 'sr' | 'sc' | 'pr') =>
  withQuery(`${imagePath(id)}/dicom`, { kind });

export const overlayDownload = (id: string) =>
  withQuery(`${imagePath(id)}/overlay`, { download: 1 });
