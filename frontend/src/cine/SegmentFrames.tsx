import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Progress } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { segmentFrames } from '../api/frames';
import { cancelJob, fetchJob } from '../api/jobs';
import { messageOf, sentenceOf } from '../api/problem';
import type { FrameList, ImageDetail, Job } from '../api/types';
import { imageKey, jobKey } from '../app/live';
import classes from './CineBar.module.css';

const isOver = (job: Job | undefined) =>
  job !== undefined && ['done', 'failed', 'cancelled'].includes(job.state);

/** Runs the model on the frames that have no mask yet, with progress, until it is stopped. */
export function SegmentFrames({ image, frames }: { image: ImageDetail; frames: FrameList }) {
  const client = useQueryClient();
  const [jobId, setJobId] = useState<string | null>(null);
  const waiting = frames.frames.filter(({ revision }) => revision === null).length;

  const start = useMutation({
    mutationFn: () => segmentFrames(image.id, 0, frames.frames.length - 1),
    onSuccess: (job) => {
      client.setQueryData(jobKey(job.id), job);
      setJobId(job.id);
    },
  });
  const stop = useMutation({ mutationFn: (id: string) => cancelJob(id) });
  const job = useQuery({
    queryKey: jobKey(jobId ?? ''),
    queryFn: ({ signal }) => fetchJob(jobId ?? '', signal),
    enabled: jobId !== null,
    staleTime: 2_000,
    refetchInterval: (query) => (isOver(query.state.data) ? false : 4_000),
  }).data;
  const running = jobId !== null && !isOver(job);
  const state = job?.state;
  useEffect(() => {
    if (state && isOver({ state } as Job)) {
      void client.invalidateQueries({ queryKey: imageKey(image.id) });
    }
  }, [client, state, image.id]);

  if (running) {
    const done = Math.round((job?.progress ?? 0) * 100);
    return (
      <div className={classes.progress} role="status">
        <span>{job?.state === 'running' ? `${done} %` : t`Queued`}</span>
        <Progress size={4} value={done} aria-label={t`Frames segmented`} />
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          loading={stop.isPending}
          onClick={() => stop.mutate(jobId)}
        >
          <Trans>Stop</Trans>
        </Button>
      </div>
    );
  }
  const failure = start.isError
    ? messageOf(start.error)
    : state === 'failed'
      ? sentenceOf(job?.problem)
      : null;
  return (
    <>
      {waiting > 0 ? (
        <Button
          variant="default"
          size="compact-sm"
          loading={start.isPending}
          onClick={() => start.mutate()}
        >
          <Trans>Segment {waiting} more</Trans>
        </Button>
      ) : null}
      {failure ? (
        <p className={classes.failure} role="alert">
          {failure}
        </p>
      ) : null}
    </>
  );
}
