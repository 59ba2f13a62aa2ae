import { queryOptions } from '@tanstack/react-query';
import { ApiError, request } from '../api/client';
import { fetchMask, imagePath } from '../api/images';
import type { ImageDetail, Mask } from '../api/types';
import { type Content, contentOf, fromMask, LabelMap, type WireLabels } from '../editor';
import { decodePixels } from '../viewer/pixels';

/** The content of a stored revision, ready for the editor. */
export type Drawing = Content;

/** Kept as long as the pixels of neighbouring images, see `imageQueries`. */
const KEPT_MS = 45_000;

/** The drawing of a revision, which never changes. */
export const drawingQuery = (id: string, mask: Pick<Mask, 'revision' | 'source'>) =>
  queryOptions({
    queryKey: ['drawing', id, mask.revision],
    queryFn: ({ signal }) => fetchDrawing(id, mask, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEPT_MS,
    structuralSharing: false,
  });

/** The newest outline by a model, with which corrections are compared. */
export function modelsMask(image: ImageDetail | null): Mask | null {
  return image?.masks.find((mask) => mask.source === 'model') ?? null;
}

async function fetchDrawing(
  id: string,
  mask: Pick<Mask, 'revision' | 'source'>,
  signal: AbortSignal,
): Promise<Drawing> {
  const labels = mask.source === 'model' ? null : await fetchLabels(id, mask.revision, signal);
  if (labels) return contentOf(labels);
  const pixels = await decodePixels(await fetchMask(id, mask.revision, signal));
  return { map: fromMask(pixels) };
}

/** Null for a mask whose lesions are its connected components, as for all models. */
async function fetchLabels(
  id: string,
  revision: number,
  signal: AbortSignal,
): Promise<WireLabels | null> {
  try {
    return await request<WireLabels>(`${imagePath(id)}/masks/${revision}/labels`, { signal });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'no-labels') return null;
    throw error;
  }
}

export function emptyDrawing(frame: ImageData): Drawing {
  return { map: new LabelMap(frame.width, frame.height) };
}
