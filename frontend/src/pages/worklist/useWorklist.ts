import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useSyncExternalStore } from 'react';
import { fetchImages } from '../../api/images';
import type { SessionUser } from '../../api/types';
import type { WorkItem } from '../../api/workflowTypes';
import { IMAGES_KEY } from '../../app/live';
import { useUser } from '../../app/session';
import { currentLanguage } from '../../language/language';
import { imagesQuery, type WorklistSearch } from './search';
import { wantedText } from './wantedText';

const PAGE_SIZE = 100;

export function worklistQuery(search: WorklistSearch, user: SessionUser | null, text = '') {
  const query = imagesQuery(search, user);
  return infiniteQueryOptions({
    queryKey: [...IMAGES_KEY, query, text],
    queryFn: ({ pageParam, signal }) =>
      fetchImages({ ...query, cursor: pageParam, limit: PAGE_SIZE }, text, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** The images of a search in order; the viewer walks through the same list. */
export function useWorklist(search: WorklistSearch) {
  const user = useUser();
  const { text } = useSyncExternalStore(wantedText.subscribe, wantedText.get);
  const result = useInfiniteQuery(worklistQuery(search, user, text));
  const { data } = result;
  const items = useMemo(
    () => data?.pages.flatMap((page) => page.items as WorkItem[]) ?? [],
    [data],
  );
  const first = data?.pages[0];
  // The server counts only up to a limit, so a list loaded beyond it has the better count.
  const total = Math.max(first?.total ?? 0, items.length);
  const more = (first?.total_is_capped ?? false) && result.hasNextPage;
  return {
    ...result,
    items,
    /** Whether the user may sort by uncertainty, which blind readers may not learn. */
    byUncertainty: first?.by_uncertainty ?? true,
    total,
    totalText: `${total.toLocaleString(currentLanguage())}${more ? '+' : ''}`,
  };
}
