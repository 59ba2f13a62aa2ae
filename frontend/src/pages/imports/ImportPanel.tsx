import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Progress, Radio } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { applyImport, deleteImport } from '../../api/imports';
import { retryJob } from '../../api/jobs';
import { sentenceOf } from '../../api/problem';
import type { Job } from '../../api/types';
import type { Import, ImportAs, ImportState } from '../../api/workflowTypes';
import { refreshWork } from '../../app/live';
import { sizeText } from '../../app/poolText';
import { useLiveJob } from '../../app/useLiveJob';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { comma, currentLanguage } from '../../language/language';
import { ClassMap } from './ClassMap';
import classes from './ImportPanel.module.css';
import { IMPORTS_KEY } from './importsQuery';
import { chosen, type Mapping } from './mapping';
import { Report } from './Report';

const TITLES: Record<ImportState, string> = {
  checking: t`Checking`,
  checked: t`Checked. Nothing is stored yet`,
  applying: t`Storing`,
  applied: t`Stored`,
  failed: t`Failed`,
  cancelled: t`Cancelled`,
};

const JOB_STATE: Record<ImportState, Job['state']> = {
  checking: 'running',
  applying: 'running',
  checked: 'done',
  applied: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

type Act = 'apply' | 'resume' | 'delete';

/** One import, from its check to the stored result. */
export function ImportPanel({ item }: { item: Import }) {
  const client = useQueryClient();
  const [storedAs, setStoredAs] = useState<ImportAs>('submitted');
  const [mapped, setMapped] = useState<Mapping>({});
  const mapping = { ...item.mapping, ...mapped };
  const unmapped = Object.keys(item.checked?.classes ?? {}).some((name) => !mapping[name]);
  const [deleting, setDeleting] = useState(false);
  const refresh = useCallback(() => {
    void client.invalidateQueries({ queryKey: IMPORTS_KEY });
    refreshWork();
  }, [client]);
  const job = useLiveJob(item.links.job, JOB_STATE[item.state], refresh);
  const jobId = item.links.job.split('/').at(-1) ?? '';
  const act = useMutation({
    mutationFn: async (what: Act) => {
      if (what === 'apply') await applyImport(item.id, storedAs, chosen(mapping));
      else if (what === 'resume') await retryJob(jobId);
      else await deleteImport(item.id);
    },
    onSuccess: () => setDeleting(false),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['job', jobId] });
      refresh();
    },
  });
  const working = item.state === 'checking' || item.state === 'applying';
  const progress = job?.progress ?? item.progress;
  const worth = item.checked ? item.checked.new_images + item.checked.new_revisions : 0;

  return (
    <article className={classes.root} aria-label={t`Import, ${TITLES[item.state]}`}>
      <header className={classes.head}>
        <div>
          <h3 className={classes.title} data-state={item.state}>
            {TITLES[item.state]}
          </h3>
          <p className={classes.quiet}>
            {sizeText(item.size_bytes)}, <Moment at={item.created_at} />{' '}
            <Trans>by {item.created_by.name}</Trans>
            {item.state === 'applied' ? ` · ${t`stored as ${item.stored_as}`}` : ''}
          </p>
        </div>
        <Group gap={8}>
          {job?.links.retry ? (
            <Button
              size="compact-sm"
              variant="default"
              loading={act.isPending}
              onClick={() => act.mutate('resume')}
            >
              <Trans>Try again</Trans>
            </Button>
          ) : null}
          <Button size="compact-sm" variant="subtle" color="gray" onClick={() => setDeleting(true)}>
            {working ? t`Stop` : t`Delete`}
          </Button>
        </Group>
      </header>
      {working ? (
        <Progress
          size={5}
          value={progress * 100}
          animated
          aria-label={[TITLES[item.state], `${Math.floor(progress * 100)} %`].join(comma())}
        />
      ) : null}
      {item.problem ? (
        <p className={classes.problem} role="alert">
          {sentenceOf(item.problem)}
        </p>
      ) : null}
      {item.applied ? <Report report={item.applied} done /> : null}
      {item.checked && !item.applied ? <Report report={item.checked} done={false} /> : null}
      {item.state === 'checked' ? (
        <ClassMap item={item} mapping={mapping} onMapping={setMapped} />
      ) : null}
      {item.state === 'checked' ? (
        <div className={classes.apply}>
          <Radio.Group
            label={t`Store them as`}
            value={storedAs}
            onChange={(value) => setStoredAs(value as ImportAs)}
          >
            <div className={classes.choices}>
              <Radio
                value="submitted"
                label={t`Submitted`}
                description={t`A reviewer checks each one before it enters the pool.`}
              />
              <Radio
                value="approved"
                label={t`Approved`}
                description={t`They were approved elsewhere and enter the pool at once.`}
              />
            </div>
          </Radio.Group>
          <Button
            disabled={worth === 0 || unmapped}
            loading={act.isPending}
            onClick={() => act.mutate('apply')}
          >
            {worth === 0
              ? t`Nothing new to store`
              : t`Store ${worth.toLocaleString(currentLanguage())} labels`}
          </Button>
        </div>
      ) : null}
      {deleting ? null : <FormError error={act.error} />}
      {deleting ? (
        <ConfirmDialog
          title={working ? t`Stop this import?` : t`Delete this import?`}
          act={t`Delete`}
          running={act}
          onClose={() => setDeleting(false)}
          onAct={() => act.mutate('delete')}
        >
          {working ? (
            <Trans>
              It stops, and the archive and its report are removed. Images and labels that it stored
              stay.
            </Trans>
          ) : (
            <Trans>
              The archive and its report are removed. Images and labels that it stored stay.
            </Trans>
          )}
        </ConfirmDialog>
      ) : null}
    </article>
  );
}
