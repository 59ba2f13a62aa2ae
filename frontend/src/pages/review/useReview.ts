import { t } from '@lingui/core/macro';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { frameKeyOf, imageOf } from '../../api/frameKey';
import { type NewReview, postReview, takeBackReview } from '../../api/reviews';
import type { ImageDetail } from '../../api/types';
import { forgetImage, imageKey, refreshWork } from '../../app/live';
import { offerUndo } from '../../app/undoToast';
import { itemName } from '../worklist/itemText';
import { sayQueueDone } from '../worklist/queueDone';
import { imageRoute, type WorklistSearch } from '../worklist/search';

export interface Decision extends NewReview {
  /** Index of the frame of the revision, if it differs from the page's frame. */
  frame?: number;
}

/**
 * Sends a decision and goes to the next image of the reviewer's queue; at the end of the queue, and
 * outside one, back to the list. For a moment the decision can be undone, which returns to the
 * image.
 */
export function useReview(frameKey: string, search: WorklistSearch, next: string | null) {
  const imageId = imageOf(frameKey);
  const client = useQueryClient();
  const navigate = useNavigate();
  const reload = () => {
    void client.invalidateQueries({ queryKey: imageKey(imageId) });
    refreshWork();
  };
  const open = (id: string) =>
    navigate({ to: imageRoute(search), params: { imageId: id }, search, replace: true });
  return useMutation({
    mutationFn: ({ frame, ...review }: Decision) =>
      postReview(frame === undefined ? frameKey : frameKeyOf(imageId, frame), review),
    onSuccess: (review, { verdict }) => {
      const image = client.getQueryData<ImageDetail>(imageKey(frameKey));
      const name = image ? itemName(image) : t`The image`;
      if (search.queue) forgetImage(imageId, search.queue);
      offerUndo({
        message:
          verdict === 'approved'
            ? t`${name} was approved.`
            : t`${name} was returned with your comment.`,
        undo: async () => {
          await takeBackReview(imageId, review.id);
          reload();
          await open(imageId);
        },
        undone: t`${name} is back in review.`,
      });
      if (next) void open(next);
      else if (search.queue) {
        sayQueueDone(search);
        void navigate({ to: '/ui/worklist', search });
      }
    },
    onSettled: reload,
  });
}
