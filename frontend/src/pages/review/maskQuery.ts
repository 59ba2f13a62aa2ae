import { queryOptions } from '@tanstack/react-query';
import { fetchMask } from '../../api/images';
import { decodePixels } from '../../viewer/pixels';

/** Decoded pixels are large: kept just long enough to go back and forth between neighbours. */
const PIXELS_KEPT_MS = 45_000;

/** A revision of a mask, which never changes, as pixels: red is 255 inside lesions. */
export const maskQuery = (id: string, revision: number) =>
  queryOptions({
    queryKey: ['mask', id, revision],
    queryFn: async ({ signal }) => decodePixels(await fetchMask(id, revision, signal)),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: PIXELS_KEPT_MS,
    structuralSharing: false,
  });
