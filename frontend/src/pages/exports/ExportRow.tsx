import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Button, Group, Modal, Progress } from '@mantine/core';
import { IconDownload, IconInfoCircle, IconRefresh, IconTrash, IconX } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { cancelExport, deleteExport } from '../../api/exports';
import { retryJob } from '../../api/jobs';
import { sentenceOf } from '../../api/problem';
import type { Export } from '../../api/workflowTypes';
import { sizeText } from '../../app/poolText';
import { useLiveJob } from '../../app/useLiveJob';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { CopyField } from '../../components/CopyField';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { Tooltip } from '../../components/Tooltip';
import { comma, currentLanguage } from '../../language/language';
import classes from './ExportRow.module.css';
import { EXPORTS_KEY } from './exportsQuery';
import { formatName } from './formats';
import { ManifestView } from './ManifestView';
import { orderFacts } from './orderText';
import { Counts } from './Preview';

/** One export: its progress and the available actions. */
export function ExportRow({ item }: { item: Export }) {
  const client = useQueryClient();
  const [dialog, setDialog] = useState<'details' | 'cancel' | 'delete' | null>(null);
  const refresh = useCallback(
    () => void client.invalidateQueries({ queryKey: EXPORTS_KEY }),
    [client],
  );
  const job = useLiveJob(item.links.job, item.state, refresh);
  const state = job?.state ?? item.state;
  const progress = job?.progress ?? item.progress;
  const jobId = item.links.job.split('/').at(-1) ?? '';

  const act = useMutation({
    mutationFn: async (what: 'resume' | 'cancel' | 'delete') => {
      if (what === 'resume') await retryJob(jobId);
      else if (what === 'cancel') await cancelExport(item.id);
      else await deleteExport(item.id);
    },
    onSuccess: () => setDialog(null),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['job', jobId] });
      refresh();
    },
  });
  const images = plural(item.counts.images, { one: '# image', other: '# images' });
  const name = [formatName(item.format), images].join(comma());
  const working = state === 'queued' || state === 'running';
  const stopped = state === 'failed' || state === 'cancelled';

  return (
    <tr>
      <td>
        <span className={classes.name}>{formatName(item.format)}</span>
        <span className={classes.quiet}>{orderFacts(item).join(' · ')}</span>
      </td>
      <td>{item.counts.images.toLocaleString(currentLanguage())}</td>
      <td className={classes.state}>
        {working ? (
          <>
            <span>
              {state === 'queued' ? t`Waits` : t`Writing, ${Math.floor(progress * 100)} %`}
            </span>
            <Progress
              size={4}
              mt={5}
              value={progress * 100}
              aria-label={t`Progress of ${name}`}
              animated={state === 'running'}
            />
          </>
        ) : (
          <>
            <span data-state={item.expired_at ? 'cancelled' : state}>
              {item.expired_at ? t`Deleted` : STATES[state]}
            </span>
            {item.expired_at || item.size_bytes === null ? null : (
              <span className={classes.quiet}>{sizeText(item.size_bytes)}</span>
            )}
          </>
        )}
        {item.expired_at ? (
          <span className={classes.problem}>
            <Trans>
              An image in it was blacked out <Moment at={item.expired_at} />. Export again, and
              delete the copies that were downloaded before.
            </Trans>
          </span>
        ) : null}
        {stopped && item.problem ? (
          <span className={classes.problem}>{sentenceOf(item.problem)}</span>
        ) : null}
        <FormError error={act.error} />
      </td>
      <td className={classes.quiet}>
        <Moment at={item.created_at} />
        <span>
          <Trans>by {item.created_by.name}</Trans>
        </span>
      </td>
      <td>
        <Group className={classes.acts} gap={4} wrap="nowrap" justify="flex-end">
          {item.links.archive && state === 'done' ? (
            <Button
              component="a"
              href={item.links.archive}
              download
              size="compact-sm"
              variant="default"
              leftSection={<IconDownload size={15} stroke={1.8} />}
            >
              <Trans>Download</Trans>
            </Button>
          ) : null}
          {item.links.archive && state === 'done' && item.format === 'png' ? (
            <Button
              component="a"
              href={`/exports/${encodeURIComponent(item.id)}/bundle`}
              download
              size="compact-sm"
              variant="default"
            >
              <Trans>Signed bundle</Trans>
            </Button>
          ) : null}
          {working ? (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconX size={15} />}
              onClick={() => setDialog('cancel')}
            >
              <Trans>Cancel</Trans>
            </Button>
          ) : null}
          {stopped && job?.links.retry && !item.expired_at ? (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconRefresh size={15} />}
              loading={act.isPending}
              onClick={() => act.mutate('resume')}
            >
              <Trans>Resume</Trans>
            </Button>
          ) : null}
          <RowIcon
            tip={t`What is in it`}
            label={t`What is in the export ${name}`}
            onClick={() => setDialog('details')}
          >
            <IconInfoCircle size={17} stroke={1.7} />
          </RowIcon>
          {working ? null : (
            <RowIcon
              tip={t`Delete`}
              label={t`Delete the export ${name}`}
              onClick={() => setDialog('delete')}
            >
              <IconTrash size={17} stroke={1.7} />
            </RowIcon>
          )}
        </Group>
        <Modal
          opened={dialog === 'details'}
          onClose={() => setDialog(null)}
          title={t`Export as ${formatName(item.format)}`}
        >
          <Counts counts={item.counts} />
          <dl className={classes.facts}>
            <dt>
              <Trans>Chosen</Trans>
            </dt>
            <dd>{orderFacts(item).join(comma())}</dd>
            <dt>
              <Trans>Lesion names</Trans>
            </dt>
            <dd>{item.lesion_names ? t`Included` : t`Left out`}</dd>
            <dt>
              <Trans>Licence</Trans>
            </dt>
            <dd>{item.licence}</dd>
            {item.counts.suspected_text_included ? (
              <>
                <dt>
                  <Trans>May show text</Trans>
                </dt>
                <dd>
                  <Trans>{item.counts.suspected_text_included} images, included on request</Trans>
                </dd>
              </>
            ) : null}
            {item.left_out > 0 ? (
              <>
                <dt>
                  <Trans>Missing</Trans>
                </dt>
                <dd>
                  <Trans>{item.left_out} images that were deleted before they were written</Trans>
                </dd>
              </>
            ) : null}
          </dl>
          {item.sha256 ? <CopyField label={t`SHA-256 of the archive`} value={item.sha256} /> : null}
          {item.links.archive && item.size_bytes !== null ? (
            <ManifestView url={item.links.archive} size={item.size_bytes} />
          ) : null}
        </Modal>
        {dialog === 'cancel' && working ? (
          <ConfirmDialog
            title={t`Cancel this export?`}
            keep={t`Keep exporting`}
            act={t`Cancel the export`}
            running={act}
            onClose={() => setDialog(null)}
            onAct={() => act.mutate('cancel')}
          >
            <Trans>
              The partial archive is deleted. The export stays in the list as cancelled.
            </Trans>
          </ConfirmDialog>
        ) : null}
        {dialog === 'delete' ? (
          <ConfirmDialog
            title={t`Delete this export?`}
            act={t`Delete`}
            running={act}
            onClose={() => setDialog(null)}
            onAct={() => act.mutate('delete')}
          >
            <Trans>The archive is removed. Images and masks stay as they are.</Trans>
          </ConfirmDialog>
        ) : null}
      </td>
    </tr>
  );
}

const STATES: Record<Export['state'], string> = {
  queued: t`Waits`,
  running: t`Writing`,
  done: t`Ready`,
  failed: t`Failed`,
  cancelled: t`Cancelled`,
};

function RowIcon(props: {
  tip: string;
  label: string;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <Tooltip label={props.tip}>
      <ActionIcon variant="subtle" color="gray" aria-label={props.label} onClick={props.onClick}>
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}
