import { queryOptions } from '@tanstack/react-query';
import { fetchFrames } from '../api/frames';
import { imageKey } from '../app/live';

/** The details of each frame of a cine; refetched with everything else of the image. */
export const framesQuery = (imageId: string, enabled: boolean) =>
  queryOptions({
    queryKey: [...imageKey(imageId), 'frames'],
    queryFn: ({ signal }) => fetchFrames(imageId, signal),
    enabled,
  });
