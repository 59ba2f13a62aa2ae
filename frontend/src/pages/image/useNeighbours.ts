import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { prefetchImage } from '../../editing/imageQueries';
import type { WorklistSearch } from '../worklist/search';
import { useWalk, type Walk } from '../worklist/useWalk';

export type Neighbours = Walk;

/** The images before and after in the queue that the reader walks; both are loaded ahead. */
export function useNeighbours(imageId: string, search: WorklistSearch): Neighbours {
  const client = useQueryClient();
  const walk = useWalk(imageId, search);
  const { next, nextOpen, previous, place, totalText } = walk;

  useEffect(() => {
    // The image itself first: its neighbours wait for a moment of rest.
    const timer = setTimeout(() => {
      if (next) void prefetchImage(client, next);
      if (previous) void prefetchImage(client, previous);
    }, 150);
    return () => clearTimeout(timer);
  }, [client, next, previous]);

  // The list is fetched again with every change of anybody; mostly the walk stays what it was.
  return useMemo(
    () => ({ next, nextOpen, previous, place, totalText }),
    [next, nextOpen, previous, place, totalText],
  );
}
