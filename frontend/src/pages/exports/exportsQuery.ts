import { infiniteQueryOptions } from '@tanstack/react-query';
import { fetchExports } from '../../api/exports';

export const EXPORTS_KEY = ['exports'] as const;

export const exportsQuery = infiniteQueryOptions({
  queryKey: EXPORTS_KEY,
  queryFn: ({ pageParam, signal }) => fetchExports(pageParam, signal),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
});
