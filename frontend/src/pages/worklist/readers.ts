import { queryOptions } from '@tanstack/react-query';
import { fetchReaders } from '../../api/readings';

/** Refetched each time that a dialog opens: people's workload changes by the minute. */
export const readersQuery = queryOptions({
  queryKey: ['readers'],
  queryFn: async ({ signal }) => (await fetchReaders(signal)).items,
  staleTime: 10_000,
});
