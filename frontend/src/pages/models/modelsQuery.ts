import { queryOptions } from '@tanstack/react-query';
import { fetchDeployments, fetchModelJobs, fetchModels } from '../../api/models';

export const modelsQuery = queryOptions({
  queryKey: ['models'],
  queryFn: async ({ signal }) => (await fetchModels(signal)).items,
  staleTime: 5 * 60_000,
});

export const deploymentsQuery = queryOptions({
  queryKey: ['deployments'],
  queryFn: ({ signal }) => fetchDeployments(signal),
});

export const modelJobsQuery = queryOptions({
  queryKey: ['model-jobs'],
  queryFn: ({ signal }) => fetchModelJobs(signal),
  refetchInterval: (query) =>
    query.state.data?.some((job) => job.state === 'queued' || job.state === 'running')
      ? 1_000
      : false,
});
