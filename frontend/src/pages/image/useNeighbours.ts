import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { WorklistSearch } from '../worklist/search';
import { useWorklist } from '../worklist/useWorklist';
import { prefetchImage } from './imageQueries';

/** How far an image opened by its address is looked for in the list. */
const MAX_PAGES_TO_LOOK = 5;

export interface Neighbours {
  previous: string | null;
  next: string | null;
  /** 1-based; null when the image is not in the list as far as it is loaded. */
  place: number | null;
  totalText: string;
}

/** The images before and after in the worklist's order; both are loaded ahead. */
export function useNeighbours(imageId: string, search: WorklistSearch): Neighbours {
  const client = useQueryClient();
  const { items, totalText, data, hasNextPage, isFetching, fetchNextPage } = useWorklist(search);
  const index = items.findIndex((item) => item.id === imageId);
  const pages = data?.pages.length ?? 0;

  const needsMore = index >= 0 ? index >= items.length - 3 : pages > 0 && pages < MAX_PAGES_TO_LOOK;
  useEffect(() => {
    if (needsMore && hasNextPage && !isFetching) void fetchNextPage();
  }, [needsMore, hasNextPage, isFetching, fetchNextPage]);

  const previous = index > 0 ? (items[index - 1]?.id ?? null) : null;
  const next = index >= 0 ? (items[index + 1]?.id ?? null) : null;

  useEffect(() => {
    // The image itself first: its neighbours wait for a moment of rest.
    const timer = setTimeout(() => {
      if (next) void prefetchImage(client, next);
      if (previous) void prefetchImage(client, previous);
    }, 150);
    return () => clearTimeout(timer);
  }, [client, next, previous]);

  return { previous, next, place: index >= 0 ? index + 1 : null, totalText };
}
