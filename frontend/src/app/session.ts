import { queryOptions, useQuery } from '@tanstack/react-query';
import { fetchSession } from '../api/session';
import type { SessionUser } from '../api/types';

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => fetchSession(signal),
  staleTime: 5 * 60_000,
});

/** The signed-in person; null on the pages that need none. */
export function useUser(): SessionUser | null {
  return useQuery(sessionQuery).data?.user ?? null;
}

export const isAdmin = (user: SessionUser | null): boolean => user?.role === 'admin';

/** Reviewers, and admins, who may do all that reviewers do. */
export const isReviewer = (user: SessionUser | null): boolean =>
  user !== null && user.role !== 'annotator';
