import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { fetchImages } from '../../api/images';
import type { ImageItem, SessionUser } from '../../api/types';
import { IMAGES_KEY } from '../../app/live';
import { useUser } from '../../app/session';
import { imagesQuery, type WorklistSearch } from './search';

const PAGE_SIZE = 100;

export function worklistQuery(search: WorklistSearch, user: SessionUser | null) {
  const query = imagesQuery(search, user);
  return infiniteQueryOptions({
    queryKey: [...IMAGES_KEY, query],
    queryFn: ({ pageParam, signal }) =>
      fetchImages({ ...query, cursor: pageParam, limit: PAGE_SIZE }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** The images of a search in their order; the viewer walks through the same list. */
export function useWorklist(search: WorklistSearch) {
  const user = useUser();
  const result = useInfiniteQuery(worklistQuery(search, user));
  const { data } = result;
  const items = useMemo<ImageItem[]>(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  return { ...result, items, total: data?.pages[0]?.total_estimate ?? items.length };
}
