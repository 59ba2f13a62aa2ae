import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { prefetchImage } from '../../editing/imageQueries';
import type { WorklistSearch } from '../worklist/search';
import { useWalk, type Walk } from '../worklist/useWalk';

export type Neighbours = Walk;

/** The previous and the next image in the reader's queue; both are preloaded. */
export function useNeighbours(imageId: string, search: WorklistSearch): Neighbours {
  const client = useQueryClient();
  const walk = useWalk(imageId, search);
  const { next, nextOpen, previous, place, totalText } = walk;

  useEffect(() => {
    // The image itself first: its neighbours are loaded in a quiet moment.
    const timer = setTimeout(() => {
      if (next) void prefetchImage(client, next);
      if (previous) void prefetchImage(client, previous);
    }, 150);
    return () => clearTimeout(timer);
  }, [client, next, previous]);

  // The list is refetched whenever anybody changes anything; usually the neighbours stay the same.
  return useMemo(
    () => ({ next, nextOpen, previous, place, totalText }),
    [next, nextOpen, previous, place, totalText],
  );
}
