import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { ImageDetail } from '../../api/types';
import { imageKey, refreshWork } from '../../app/live';
import { offerUndo } from '../../app/undoToast';
import { correctionApi } from '../../correction/core/correctionApi';
import { itemName } from '../worklist/itemText';
import { sayQueueDone } from '../worklist/queueDone';
import type { WorklistSearch } from '../worklist/search';
import type { Neighbours } from './useNeighbours';

/**
 * What happens after a submission: it can be undone for a moment, and the next open image is shown,
 * or the list if there is none.
 */
export function useHandedIn(
  imageId: string,
  image: ImageDetail | null,
  search: WorklistSearch,
  { nextOpen, place }: Neighbours,
): () => void {
  const client = useQueryClient();
  const navigate = useNavigate();
  const name = image ? itemName(image) : t`The image`;
  return useCallback(() => {
    const open = (id: string) =>
      navigate({ to: '/ui/images/$imageId', params: { imageId: id }, search, replace: true });
    offerUndo({
      message: t`${name} was submitted for review.`,
      undo: async () => {
        await correctionApi(imageId).withdraw();
        await client.invalidateQueries({ queryKey: imageKey(imageId) });
        refreshWork();
        await open(imageId);
      },
      undone: t`${name} is yours to correct again.`,
    });
    if (nextOpen) void open(nextOpen);
    // An image opened by its address has no queue that could end.
    else if (place !== null || search.queue) {
      sayQueueDone(search);
      void navigate({ to: '/ui/worklist', search });
    }
  }, [client, navigate, imageId, name, search, nextOpen, place]);
}
