import { infiniteQueryOptions } from '@tanstack/react-query';
import { fetchImports } from '../../api/imports';

export const IMPORTS_KEY = ['imports'] as const;

export const importsQuery = infiniteQueryOptions({
  queryKey: IMPORTS_KEY,
  queryFn: ({ pageParam, signal }) => fetchImports(pageParam, signal),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
});
