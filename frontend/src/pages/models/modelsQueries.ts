import { queryOptions } from '@tanstack/react-query';
import { fetchBundleKeys, fetchBundles } from '../../api/bundles';
import {
  fetchEvaluation,
  fetchEvaluations,
  fetchPromotionRequests,
  fetchReferenceSets,
} from '../../api/evaluations';
import {
  fetchDeployments,
  fetchDrift,
  fetchModelJobs,
  fetchMostCorrected,
  fetchVersionEffort,
} from '../../api/models';
import { fetchShadows } from '../../api/shadow';

const underWay = (state: string | undefined) => state === 'queued' || state === 'running';

export const deploymentsQuery = queryOptions({
  queryKey: ['deployments'],
  queryFn: ({ signal }) => fetchDeployments(signal),
});

export const modelJobsQuery = queryOptions({
  queryKey: ['model-jobs'],
  queryFn: ({ signal }) => fetchModelJobs(signal),
  refetchInterval: (query) =>
    query.state.data?.some((job) => underWay(job.state)) ? 1_000 : false,
});

export const bundleKeysQuery = queryOptions({
  queryKey: ['bundle-keys'],
  queryFn: ({ signal }) => fetchBundleKeys(signal),
});

export const bundlesQuery = queryOptions({
  queryKey: ['bundles'],
  queryFn: ({ signal }) => fetchBundles(signal),
  refetchInterval: (query) =>
    query.state.data?.some((one) => underWay(one.state)) ? 1_000 : false,
});

export const evaluationsQuery = queryOptions({
  queryKey: ['evaluations'],
  queryFn: ({ signal }) => fetchEvaluations(signal),
  refetchInterval: (query) =>
    query.state.data?.some((one) => underWay(one.state)) ? 2_000 : false,
});

export const evaluationQuery = (id: string) =>
  queryOptions({
    queryKey: ['evaluations', id],
    queryFn: ({ signal }) => fetchEvaluation(id, signal),
    refetchInterval: (query) => (underWay(query.state.data?.state) ? 2_000 : false),
  });

export const referenceSetsQuery = queryOptions({
  queryKey: ['reference-sets'],
  queryFn: ({ signal }) => fetchReferenceSets(signal),
});

export const versionEffortQuery = queryOptions({
  queryKey: ['version-effort'],
  queryFn: ({ signal }) => fetchVersionEffort(signal),
});

export const mostCorrectedQuery = (model: string) =>
  queryOptions({
    queryKey: ['most-corrected', model],
    queryFn: ({ signal }) => fetchMostCorrected(model, signal),
  });

export const driftQuery = queryOptions({
  queryKey: ['drift'],
  queryFn: ({ signal }) => fetchDrift(signal),
});

export const shadowsQuery = queryOptions({
  queryKey: ['shadow'],
  queryFn: ({ signal }) => fetchShadows(signal),
  refetchInterval: (query) => (query.state.data?.some((one) => !one.ended_at) ? 10_000 : false),
});

export const promotionRequestsQuery = queryOptions({
  queryKey: ['promotion-requests'],
  queryFn: ({ signal }) => fetchPromotionRequests(signal),
});
