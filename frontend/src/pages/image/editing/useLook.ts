import { useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import type { ImageDetail } from '../../../api/types';
import { type Drawing, drawingQuery } from '../../../editing/drawings';

/** A stored revision shown instead of the drawing, which stays unchanged. */
export function useLook(
  imageId: string,
  image: ImageDetail | null,
): {
  looking: number | null;
  look: (revision: number | null) => void;
  lookedAt: Drawing | null;
  lookFailure: Error | null;
} {
  const [chosen, setChosen] = useState<{ imageId: string; revision: number } | null>(null);
  const revision = chosen?.imageId === imageId ? chosen.revision : null;
  const mask = image?.masks.find((one) => one.revision === revision) ?? null;
  const drawing = useQuery({
    ...drawingQuery(imageId, mask ?? { revision: 0, source: 'model' }),
    enabled: mask !== null,
  });
  const look = useCallback(
    (wanted: number | null) => setChosen(wanted === null ? null : { imageId, revision: wanted }),
    [imageId],
  );
  return {
    looking: mask ? revision : null,
    look,
    lookedAt: mask ? (drawing.data ?? null) : null,
    lookFailure: mask ? drawing.error : null,
  };
}
