import { Button, FileButton, Progress } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { sendModel } from '../../api/models';
import type { ModelJob } from '../../api/types';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import classes from './ModelsPage.module.css';
import { modelJobsQuery } from './modelsQuery';

function textOf(job: ModelJob): string {
  const what = job.kind === 'model-verify' ? 'Verification' : 'Import';
  const name = job.model ? ` of ${job.model.replace('@', ' ')}` : '';
  if (job.state === 'queued') return `${what}${name} waits for a worker`;
  if (job.state === 'running') return `${what}${name}: ${job.stage ?? 'running'}`;
  if (job.state === 'cancelled') return `${what}${name} was cancelled`;
  if (job.problem) return `${what}${name} was refused: ${job.problem.detail ?? job.problem.title}`;
  if (job.standing === 'broken') return `${what}${name}: broken. ${job.reason ?? ''}`;
  return `${what}${name}: verified, may serve`;
}

/** Brings in a model: the ZIP of its folder, which a worker verifies. For site admins. */
export function ImportPanel() {
  const client = useQueryClient();
  const jobs = useQuery(modelJobsQuery);
  const send = useMutation({
    mutationFn: sendModel,
    onSuccess: () => void client.invalidateQueries({ queryKey: modelJobsQuery.queryKey }),
  });
  const ended = jobs.data?.filter((job) => job.state === 'done').length;
  useEffect(() => {
    if (ended) void client.invalidateQueries({ queryKey: ['models'] });
  }, [ended, client]);
  return (
    <Panel title="Import">
      <div className={classes.now}>
        <p>
          The ZIP of a model’s folder, as <code>sonoloop export-onnx</code> writes it. It is
          verified before it may serve.
        </p>
        <FileButton accept=".zip,application/zip" onChange={(file) => file && send.mutate(file)}>
          {(props) => (
            <Button
              {...props}
              variant="default"
              leftSection={<IconUpload size={16} stroke={1.8} />}
              loading={send.isPending}
            >
              Choose a ZIP
            </Button>
          )}
        </FileButton>
      </div>
      <FormError error={send.error} />
      {jobs.data?.length ? (
        <ul className={classes.jobs} aria-label="Imports and verifications">
          {jobs.data.map((job) => (
            <li key={job.id}>
              <span>{textOf(job)}</span>
              <Moment at={job.created_at} />
              {job.state === 'running' ? (
                <Progress value={job.progress * 100} w={120} aria-label="Progress" />
              ) : null}
            </li>
          ))}
        </ul>
      ) : null}
    </Panel>
  );
}
