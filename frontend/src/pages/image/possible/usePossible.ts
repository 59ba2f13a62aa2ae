import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { request } from '../../../api/client';
import { imagePath } from '../../../api/images';
import type { ImageDetail, MaskWithOutlines, OutlinedLesion } from '../../../api/types';
import { modelsMask } from '../../../editing/drawings';
import { useEditorState } from '../../../editing/useEditorState';
import { commands, type Editor } from '../../../editor';
import { contourPixels } from './contourPixels';
import { PossibleLayer } from './PossibleLayer';

/** An outline that the model suggests without drawing it. */
export interface PossibleLesion {
  lesion: OutlinedLesion;
  /** Adds it to the drawing as one undoable step. */
  take: () => void;
}

export interface Possible {
  lesions: readonly PossibleLesion[];
  layer: PossibleLayer | null;
}

const NONE: readonly OutlinedLesion[] = [];

/** Outlines below the model's operating point, except those that the drawing already covers. */
export function usePossible(imageId: string, image: ImageDetail | null, editor: Editor | null) {
  const mask = modelsMask(image);
  const offered = (mask?.result?.possible_lesions?.length ?? 0) > 0;
  const details = useQuery({
    queryKey: ['outlines', imageId, mask?.revision],
    queryFn: ({ signal }) =>
      request<MaskWithOutlines>(`${imagePath(imageId)}/masks/${mask?.revision}`, { signal }),
    enabled: offered,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const all = offered ? (details.data?.result?.possible_lesions ?? NONE) : NONE;
  // A suggestion disappears once a drawing overlaps or includes it.
  const revision = useEditorState(editor, (state) => state.revision, 0);
  const open = useMemo(
    () => (editor && revision >= 0 ? all.filter((lesion) => !isDrawn(editor, lesion)) : NONE),
    [all, editor, revision],
  );
  const layer = useMemo(
    () =>
      open.length > 0 ? new PossibleLayer(open.map(({ contour }) => contour.map(centreOf))) : null,
    [open],
  );
  const take = useCallback(
    (lesion: OutlinedLesion) => {
      if (!editor) return;
      const { width, height } = editor.map;
      const pixels = contourPixels(lesion.contour as [number, number][], width, height);
      commands.setLesionPixels(editor, null, pixels, t`Possible lesion`);
    },
    [editor],
  );
  return useMemo<Possible>(
    () => ({ lesions: open.map((lesion) => ({ lesion, take: () => take(lesion) })), layer }),
    [open, layer, take],
  );
}

const centreOf = ([x, y]: readonly number[]) => ({ x: (x ?? 0) + 0.5, y: (y ?? 0) + 0.5 });

/** Whether any part of it is covered by a lesion of the drawing. */
function isDrawn(editor: Editor, lesion: OutlinedLesion): boolean {
  const map = editor.flat;
  const pixels = contourPixels(lesion.contour as [number, number][], map.width, map.height);
  return pixels.data.some((inside, index) => inside !== 0 && map.data[index] !== 0);
}
