import { queryOptions, useQuery } from '@tanstack/react-query';
import { fetchLabelSets } from '../api/labelSets';
import type { LabelSet } from '../api/types';

export const LABEL_SETS_KEY = ['label-sets'] as const;
/** Sets change seldom, and a save is checked by the server anyway. */
const FRESH_MS = 60_000;

export const labelSetsQuery = queryOptions({
  queryKey: LABEL_SETS_KEY,
  queryFn: ({ signal }) => fetchLabelSets(signal),
  staleTime: FRESH_MS,
});

/** The set that new drawings of a project follow; null until it is known. */
export function useLabelSet(projectId: string | null): LabelSet | null {
  const sets = useQuery(labelSetsQuery).data;
  return sets?.find((one) => projectId !== null && one.project_ids.includes(projectId)) ?? null;
}
