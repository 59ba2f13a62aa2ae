import { queryOptions, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { fetchPreferences } from '../api/preferences';
import { setOwnKeys } from './ownKeys';

/** How the person has set up the pages. */
export const preferencesQuery = queryOptions({
  queryKey: ['session', 'preferences'],
  queryFn: ({ signal }) => fetchPreferences(signal),
  staleTime: 5 * 60_000,
});

/** Gives the keys of the person who is signed in to all commands. */
export function useOwnKeysOfPerson(): void {
  const keys = useQuery(preferencesQuery).data?.keys.keys;
  useEffect(() => {
    if (keys) setOwnKeys(keys);
  }, [keys]);
}
