import { queryOptions, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { fetchPreferences } from '../api/preferences';
import { setOwnKeys } from './ownKeys';

/** The person's settings of the pages. */
export const preferencesQuery = queryOptions({
  queryKey: ['session', 'preferences'],
  queryFn: ({ signal }) => fetchPreferences(signal),
  staleTime: 5 * 60_000,
});

/** Applies the keys of the signed-in person to all commands. */
export function useOwnKeysOfPerson(): void {
  const keys = useQuery(preferencesQuery).data?.keys.keys;
  useEffect(() => {
    if (keys) setOwnKeys(keys);
  }, [keys]);
}
