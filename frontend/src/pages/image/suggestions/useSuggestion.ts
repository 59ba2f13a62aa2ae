import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { imageOf } from '../../../api/frameKey';
import { fetchSuggestion, type Suggestion } from '../../../api/suggestions';
import { imageKey } from '../../../app/live';
import { contentOf, SuggestedLayer, type WireLabels } from '../../../editor';

export interface SuggestionOfFrame {
  suggestion: Suggestion | null;
  /** Outlines of the suggestion for the stage. */
  layer: SuggestedLayer | null;
}

/** The suggestion for the open frame. */
export function useSuggestion(frameKey: string, offered: boolean): SuggestionOfFrame {
  const { data } = useQuery({
    // Below the image's key, so it is refetched with everything else of the image.
    queryKey: [...imageKey(imageOf(frameKey)), 'suggestion', frameKey],
    queryFn: ({ signal }) => fetchSuggestion(frameKey, signal),
    enabled: offered,
  });
  const suggestion = offered ? (data ?? null) : null;
  return useMemo(() => {
    if (!suggestion) return { suggestion: null, layer: null };
    const { map, overlays } = contentOf(suggestion.labels as WireLabels);
    return { suggestion, layer: new SuggestedLayer([map, ...(overlays?.values() ?? [])]) };
  }, [suggestion]);
}
