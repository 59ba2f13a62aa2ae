import { type QueryClient, queryOptions } from '@tanstack/react-query';
import { fetchFrame, fetchImage } from '../../api/images';
import { imageKey } from '../../app/live';
import { decodePixels } from '../../viewer/pixels';
import { drawingQuery } from './editing/drawings';
import { newestInLine } from './editing/line';

/** Decoded pixels are large: kept just long enough to go back and forth between neighbours. */
const PIXELS_KEPT_MS = 45_000;

export const imageQuery = (id: string) =>
  queryOptions({
    queryKey: imageKey(id),
    queryFn: ({ signal }) => fetchImage(id, signal),
  });

/** The frame of an image never changes. */
export const frameQuery = (id: string) =>
  queryOptions({
    queryKey: ['frame', id],
    queryFn: async ({ signal }) => decodePixels(await fetchFrame(id, signal)),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: PIXELS_KEPT_MS,
    structuralSharing: false,
  });

/** Loads all that the viewer shows of an image, so that going to it takes no time. */
export async function prefetchImage(client: QueryClient, id: string): Promise<void> {
  void client.prefetchQuery(frameQuery(id));
  await client.prefetchQuery(imageQuery(id));
  const image = client.getQueryData(imageQuery(id).queryKey);
  const newest = image && newestInLine(image);
  if (newest) await client.prefetchQuery(drawingQuery(id, newest));
}
