import { queryOptions } from '@tanstack/react-query';
import { fetchModels } from '../../api/models';

export const modelsQuery = queryOptions({
  queryKey: ['models'],
  queryFn: async ({ signal }) => (await fetchModels(signal)).items,
  staleTime: 5 * 60_000,
});
