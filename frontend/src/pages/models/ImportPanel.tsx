import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, FileButton, Progress } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { sendModel } from '../../api/models';
import type { ModelJob } from '../../api/types';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import { modelText } from './figures';
import classes from './ModelsPage.module.css';
import { modelJobsQuery } from './modelsQuery';

function titleOf(job: ModelJob): string {
  const name = job.model ? modelText(job.model) : null;
  if (job.kind === 'model-verify')
    return name ? t`Verification of ${name}` : t`Verification of a model`;
  return name ? t`Import of ${name}` : t`Import of a model`;
}

function outcomeOf(job: ModelJob): string {
  if (job.state === 'queued') return t`waiting for a worker`;
  if (job.state === 'running') return job.stage ?? t`running`;
  if (job.state === 'cancelled') return t`cancelled`;
  const why = job.problem ? (job.problem.detail ?? job.problem.title) : (job.reason ?? '');
  if (job.problem) return t`refused. ${why}`;
  if (job.standing === 'broken') return t`broken. ${why}`;
  return t`verified, can be used`;
}

function textOf(job: ModelJob): string {
  const title = titleOf(job);
  const outcome = outcomeOf(job);
  return t`${title}: ${outcome}`;
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
    <Panel title={t`Import a model`}>
      <div className={classes.now}>
        <p>
          <Trans>
            The ZIP of a model’s folder, as <code>sonoloop export-onnx</code> writes it. The model
            is verified before it can be used.
          </Trans>
        </p>
        <FileButton accept=".zip,application/zip" onChange={(file) => file && send.mutate(file)}>
          {(props) => (
            <Button
              {...props}
              variant="default"
              leftSection={<IconUpload size={16} stroke={1.8} />}
              loading={send.isPending}
            >
              <Trans>Choose a ZIP</Trans>
            </Button>
          )}
        </FileButton>
      </div>
      <FormError error={send.error} />
      {jobs.data?.length ? (
        <ul className={classes.jobs} aria-label={t`Imports and verifications`}>
          {jobs.data.map((job) => (
            <li key={job.id}>
              <span>{textOf(job)}</span>
              <Moment at={job.created_at} />
              {job.state === 'running' ? (
                <Progress value={job.progress * 100} w={120} aria-label={t`Progress`} />
              ) : null}
            </li>
          ))}
        </ul>
      ) : null}
    </Panel>
  );
}
