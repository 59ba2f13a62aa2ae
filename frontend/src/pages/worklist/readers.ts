import { queryOptions } from '@tanstack/react-query';
import { fetchReaders } from '../../api/readings';

/** Fresh each time that a dialog opens: how busy people are changes by the minute. */
export const readersQuery = queryOptions({
  queryKey: ['readers'],
  queryFn: async ({ signal }) => (await fetchReaders(signal)).items,
  staleTime: 10_000,
});
