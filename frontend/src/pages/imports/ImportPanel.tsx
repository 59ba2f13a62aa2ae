import { Button, Group, Modal, Progress, Radio, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { applyImport, deleteImport } from '../../api/imports';
import { retryJob } from '../../api/jobs';
import type { Job } from '../../api/types';
import type { Import, ImportAs, ImportState } from '../../api/workflowTypes';
import { refreshWork } from '../../app/live';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { useLiveJob } from '../../components/useLiveJob';
import { sizeText } from '../pool/poolText';
import { ClassMap } from './ClassMap';
import classes from './ImportPanel.module.css';
import { IMPORTS_KEY } from './importsQuery';
import { chosen, type Mapping } from './mapping';
import { Report } from './Report';

const TITLES: Record<ImportState, string> = {
  checking: 'Checking',
  checked: 'Checked. Nothing is stored yet',
  applying: 'Storing',
  applied: 'Stored',
  failed: 'Failed',
  cancelled: 'Cancelled',
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

/** One import from its check to what it stored. */
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
    <article className={classes.root} aria-label={`Import, ${TITLES[item.state]}`}>
      <header className={classes.head}>
        <div>
          <h3 className={classes.title} data-state={item.state}>
            {TITLES[item.state]}
          </h3>
          <p className={classes.quiet}>
            {sizeText(item.size_bytes)}, <Moment at={item.created_at} /> by {item.created_by.name}
            {item.state === 'applied' ? `, as ${item.stored_as}` : ''}
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
              Try again
            </Button>
          ) : null}
          <Button size="compact-sm" variant="subtle" color="gray" onClick={() => setDeleting(true)}>
            {working ? 'Stop' : 'Delete'}
          </Button>
        </Group>
      </header>
      {working ? (
        <Progress
          size={5}
          value={progress * 100}
          animated
          aria-label={`${TITLES[item.state]}, ${Math.floor(progress * 100)} %`}
        />
      ) : null}
      {item.problem ? (
        <p className={classes.problem} role="alert">
          {item.problem.detail ?? item.problem.title}
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
            label="Store them as"
            value={storedAs}
            onChange={(value) => setStoredAs(value as ImportAs)}
          >
            <div className={classes.choices}>
              <Radio
                value="submitted"
                label="Submitted"
                description="A reviewer checks each one before it enters the pool."
              />
              <Radio
                value="approved"
                label="Approved"
                description="They were approved elsewhere and enter the pool at once."
              />
            </div>
          </Radio.Group>
          <Button
            disabled={worth === 0 || unmapped}
            loading={act.isPending}
            onClick={() => act.mutate('apply')}
          >
            {worth === 0 ? 'Nothing new to store' : `Store ${worth.toLocaleString('en')} labels`}
          </Button>
        </div>
      ) : null}
      {deleting ? null : <FormError error={act.error} />}
      <Modal
        opened={deleting}
        onClose={() => setDeleting(false)}
        title={working ? 'Stop this import?' : 'Delete this import?'}
        size="sm"
      >
        <Text size="sm">
          {working ? 'It stops, and the' : 'The'} archive and its report are removed. Images and
          labels that it stored stay.
        </Text>
        <FormError error={act.error} />
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={() => setDeleting(false)} data-autofocus>
            Keep it
          </Button>
          <Button color="red" loading={act.isPending} onClick={() => act.mutate('delete')}>
            Delete
          </Button>
        </Group>
      </Modal>
    </article>
  );
}
