import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { postReview } from '../../api/reviews';
import type { Verdict } from '../../api/workflowTypes';
import { forgetImage, imageKey, refreshWork } from '../../app/live';
import { imageRoute, type WorklistSearch } from '../worklist/search';

export interface Decision {
  revision: number;
  verdict: Verdict;
  comment: string | null;
}

/**
 * Sends a decision and goes on to the next image of the queue that the reviewer walks; at its
 * end, and outside of a queue, the list comes back.
 */
export function useReview(imageId: string, search: WorklistSearch, next: string | null) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (decision: Decision) => postReview(imageId, decision),
    onSuccess: (_, { verdict }) => {
      if (search.queue) forgetImage(imageId, search.queue);
      notifications.show({
        message: verdict === 'approved' ? 'Approved.' : 'Returned with your comment.',
      });
      if (next) {
        void navigate({
          to: imageRoute(search),
          params: { imageId: next },
          search,
          replace: true,
        });
      } else if (search.queue) void navigate({ to: '/ui/worklist', search });
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: imageKey(imageId) });
      refreshWork();
    },
  });
}
