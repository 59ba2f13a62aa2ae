import { queryOptions } from '@tanstack/react-query';
import { ApiError, request } from '../../../api/client';
import { fetchMask, imagePath } from '../../../api/images';
import type { components } from '../../../api/schema';
import type { ImageDetail, Mask } from '../../../api/types';
import { decodeRuns, fromMask, LabelMap } from '../../../editor';
import { decodePixels } from '../../../viewer/pixels';

/** What a stored revision holds, ready for the editor. */
export interface Drawing {
  map: LabelMap;
  /** By lesion number; a lesion without one has its default name. */
  names: Readonly<Record<number, string>>;
  /** Classes, attributes and layers, as they are on the wire. */
  said?: Said;
}

/** What a drawing says besides pixels and names. */
export type Said = Partial<
  Pick<components['schemas']['Labels'], 'overlays' | 'classes' | 'attributes' | 'image_attributes'>
>;

interface Labels {
  width: number;
  height: number;
  runs: number[];
  names: Record<string, string>;
  overlays?: Said['overlays'];
  classes?: Said['classes'];
  attributes?: Said['attributes'];
  image_attributes?: Said['image_attributes'];
}

/** As long as pixels of neighbouring images, see `imageQueries`. */
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

/** The newest outline that a model made: what corrections are compared with. */
export function modelsMask(image: ImageDetail | null): Mask | null {
  return image?.masks.find((mask) => mask.source === 'model') ?? null;
}

async function fetchDrawing(
  id: string,
  mask: Pick<Mask, 'revision' | 'source'>,
  signal: AbortSignal,
): Promise<Drawing> {
  const labels = mask.source === 'model' ? null : await fetchLabels(id, mask.revision, signal);
  if (labels) {
    const { runs, width, height, names, overlays, classes, attributes, image_attributes } = labels;
    const said = { overlays, classes, attributes, image_attributes };
    return { map: decodeRuns(runs, width, height), names, said };
  }
  const pixels = await decodePixels(await fetchMask(id, mask.revision, signal));
  return { map: fromMask(pixels), names: {} };
}

/** Null for a mask whose lesions are its components, as all models' are. */
async function fetchLabels(
  id: string,
  revision: number,
  signal: AbortSignal,
): Promise<Labels | null> {
  try {
    return await request<Labels>(`${imagePath(id)}/masks/${revision}/labels`, { signal });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'no-labels') return null;
    throw error;
  }
}

export function emptyDrawing(frame: ImageData): Drawing {
  return { map: new LabelMap(frame.width, frame.height), names: {} };
}
