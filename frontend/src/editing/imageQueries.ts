import { type QueryClient, queryOptions } from '@tanstack/react-query';
import { fetchFrame, fetchImage } from '../api/images';
import { followTo } from '../api/project';
import { imageKey } from '../app/live';
import { decodePixels } from '../viewer/pixels';
import { drawingQuery } from './drawings';
import { newestInLine } from './line';

/** Decoded pixels are large: kept just long enough for going back and forth between neighbours. */
const PIXELS_KEPT_MS = 45_000;

export const imageQuery = (id: string) =>
  queryOptions({
    queryKey: imageKey(id),
    queryFn: async ({ signal }) => {
      const image = await fetchImage(id, signal);
      followTo(image.project_id);
      return image;
    },
  });

/**
 * The frame of an image, under an address that changes when pixels are blacked out.
 * @param url as in the details; null until they are loaded
 */
export const frameQuery = (id: string, url: string | null) =>
  queryOptions({
    queryKey: ['frame', id, url],
    queryFn: async ({ signal }) => decodePixels(await fetchFrame(url ?? '', signal)),
    enabled: url !== null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: PIXELS_KEPT_MS,
    structuralSharing: false,
  });

/** The same for a frame, awaited, so that its drawing replaces another one without a gap. */
export async function loadFrame(client: QueryClient, frameKey: string): Promise<void> {
  const image = await client.fetchQuery({ ...imageQuery(frameKey), staleTime: 5_000 });
  const newest = newestInLine(image);
  await Promise.all([
    client.prefetchQuery(frameQuery(frameKey, image.frame.url)),
    newest ? client.prefetchQuery(drawingQuery(frameKey, newest)) : undefined,
  ]);
}

/** Loads everything that the viewer shows of an image, so that switching to it is instant. */
export async function prefetchImage(client: QueryClient, id: string): Promise<void> {
  await client.prefetchQuery(imageQuery(id));
  const image = client.getQueryData(imageQuery(id).queryKey);
  if (image) void client.prefetchQuery(frameQuery(id, image.frame.url));
  const newest = image && newestInLine(image);
  if (newest) await client.prefetchQuery(drawingQuery(id, newest));
}
