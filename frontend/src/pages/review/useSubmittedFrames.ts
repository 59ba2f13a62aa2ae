import { queryOptions, useQuery } from '@tanstack/react-query';
import { fetchSubmittedFrames } from '../../api/reviews';
import type { SubmittedFrame, WorkImage } from '../../api/workflowTypes';
import { imageKey } from '../../app/live';

const submittedFramesQuery = (imageId: string, enabled: boolean) =>
  queryOptions({
    queryKey: [...imageKey(imageId), 'submitted-frames'],
    queryFn: ({ signal }) => fetchSubmittedFrames(imageId, signal),
    enabled,
  });

/** The submitted frames of a cine; empty for a still, null while they load. */
export function useSubmittedFrames(
  image: Pick<WorkImage, 'id' | 'frame_count'> | null,
): readonly SubmittedFrame[] | null {
  const several = (image?.frame_count ?? 1) > 1;
  const { data } = useQuery(submittedFramesQuery(image?.id ?? '', several));
  if (!image) return null;
  return several ? (data ?? null) : NONE;
}

const NONE: readonly SubmittedFrame[] = [];
