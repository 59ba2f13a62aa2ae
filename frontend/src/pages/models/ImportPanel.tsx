import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { sendModel } from '../../api/models';
import { sentenceOf } from '../../api/problem';
import type { ModelJob } from '../../api/types';
import { FormError } from '../../components/FormError';
import { Panel } from '../../components/Panel';
import { ZipButton } from '../../components/ZipButton';
import { modelText } from './figures';
import { JobItem } from './JobItem';
import classes from './ModelsPage.module.css';
import { modelJobsQuery } from './modelsQueries';

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
  const why = job.problem ? sentenceOf(job.problem) : (job.reason ?? '');
  if (job.problem) return t`refused. ${why}`;
  if (job.standing === 'broken') return t`broken. ${why}`;
  return t`verified, can be used`;
}

function textOf(job: ModelJob): string {
  const title = titleOf(job);
  const outcome = outcomeOf(job);
  return t`${title}: ${outcome}`;
}

/** Imports a model: the ZIP of its folder, which a worker verifies. For site admins. */
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
        <ZipButton loading={send.isPending} onFile={(file) => send.mutate(file)}>
          <Trans>Choose a ZIP</Trans>
        </ZipButton>
      </div>
      <FormError error={send.error} />
      {jobs.data?.length ? (
        <ul className={classes.jobs} aria-label={t`Imports and verifications`}>
          {jobs.data.map((job) => (
            <JobItem key={job.id} job={job}>
              {textOf(job)}
            </JobItem>
          ))}
        </ul>
      ) : null}
    </Panel>
  );
}
