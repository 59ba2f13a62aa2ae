import { queryOptions, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { fetchLabelSets } from '../api/labelSets';
import type { LabelSet } from '../api/types';
import { currentLanguage } from '../language/language';
import { withWords } from '../language/withWords';

export const LABEL_SETS_KEY = ['label-sets'] as const;
/** Sets rarely change, and the server checks every save anyway. */
const FRESH_MS = 60_000;

export const labelSetsQuery = queryOptions({
  queryKey: LABEL_SETS_KEY,
  queryFn: ({ signal }) => fetchLabelSets(signal),
  staleTime: FRESH_MS,
});

/** The label set that new drawings of a project use; null until known. */
export function useLabelSet(projectId: string | null): LabelSet | null {
  const sets = useQuery(labelSetsQuery).data;
  return sets?.find((one) => projectId !== null && one.project_ids.includes(projectId)) ?? null;
}

/** The same, with the English texts of ready sets in the language of the page. */
export function useLabelSetInOwnWords(projectId: string | null): LabelSet | null {
  const set = useLabelSet(projectId);
  const [translated, setTranslated] = useState<LabelSet | null>(null);
  const english = currentLanguage() === 'en';
  useEffect(() => {
    let wanted = set !== null && !english;
    if (set && wanted)
      withWords('panels', () => import('./readyTerms'))
        .then(({ inOwnWords }) => inOwnWords(set))
        .catch(() => set)
        .then((found) => {
          if (wanted) setTranslated(found);
        });
    return () => {
      wanted = false;
    };
  }, [set, english]);
  // While another project's set is being translated, the previous one is not shown.
  return english ? set : translated?.id === set?.id ? translated : null;
}
