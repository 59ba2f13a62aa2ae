import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Progress } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { frameKeyOf } from '../../api/frameKey';
import { resegment } from '../../api/images';
import { fetchJob } from '../../api/jobs';
import { messageOf, sentenceOf } from '../../api/problem';
import { stageInWords } from '../../api/stageText';
import type { ImageDetail, Job } from '../../api/types';
import { imageKey, jobKey } from '../../app/live';
import { LateMenu } from '../../components/LateMenu';
import { modelsQuery } from '../models/modelsQuery';
import classes from './ImageActions.module.css';

const isOver = (job: Job | undefined) =>
  job !== undefined && ['done', 'failed', 'cancelled'].includes(job.state);

/** Runs a model on the stored image again and follows the job until it ends. */
export function Rerun({ image }: { image: ImageDetail }) {
  const client = useQueryClient();
  const models = useQuery(modelsQuery);
  const [jobId, setJobId] = useState<string | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another image has no job yet
  useEffect(() => setJobId(null), [image.id]);

  const start = useMutation({
    mutationFn: (model: string | null) =>
      resegment(frameKeyOf(image.id, image.frame.index), model, image.frame_count > 1),
    onSuccess: (job) => {
      client.setQueryData(jobKey(job.id), job);
      setJobId(job.id);
    },
  });
  const job = useQuery({
    queryKey: jobKey(jobId ?? ''),
    queryFn: ({ signal }) => fetchJob(jobId ?? '', signal),
    enabled: jobId !== null,
    staleTime: 2_000,
    // Events report progress; this covers a lost connection.
    refetchInterval: (query) => (isOver(query.state.data) ? false : 4_000),
  }).data;

  const state = job?.state;
  useEffect(() => {
    if (state === 'done') void client.invalidateQueries({ queryKey: imageKey(image.id) });
  }, [client, state, image.id]);

  const running = jobId !== null && !isOver(job);
  const usable = (models.data ?? []).filter((model) => model.available);
  return (
    <>
      <LateMenu
        position="top-start"
        width={300}
        target={
          <Button
            className={classes.main}
            variant="default"
            disabled={running || usable.length === 0}
            loading={start.isPending}
            rightSection={<IconChevronDown size={14} />}
          >
            {image.masks.length > 0 ? t`Run again` : t`Run a model`}
          </Button>
        }
      >
        {(Menu) => (
          <>
            {usable.map((model) => (
              <Menu.Item
                key={`${model.name} ${model.version}`}
                onClick={() => start.mutate(`${model.name}@${model.version}`)}
              >
                {model.name} {model.version}
                {model.state === 'serving' ? ` (${t`in use`})` : ''}
              </Menu.Item>
            ))}
          </>
        )}
      </LateMenu>
      {running ? (
        <div className={classes.progress} role="status">
          {job?.state === 'running' ? t`Processing: ${stageInWords(job.stage)}` : queueText(job)}
          <Progress size={3} value={(job?.progress ?? 0) * 100} aria-label={t`Progress`} />
        </div>
      ) : null}
      {state === 'done' ? (
        <div className={classes.progress} role="status">
          <Trans>
            Finished. The result is the same, because the model and the image have not changed.
          </Trans>
        </div>
      ) : null}
      {start.isError ? (
        <p className={classes.failed} role="alert">
          {messageOf(start.error)}
        </p>
      ) : null}
      {state === 'failed' ? (
        <p className={classes.failed} role="alert">
          {sentenceOf(job?.problem)}
        </p>
      ) : null}
    </>
  );
}

function queueText(job: Job | undefined): string {
  if (job?.position === undefined || job.position === null) return t`Queued`;
  return job.position === 0 ? t`Queued, next` : t`Queued, ${job.position} ahead`;
}
