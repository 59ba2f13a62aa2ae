import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Anchor, Button, SegmentedControl, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { deliveryText } from '../../api/deliveryText';
import { messageOf } from '../../api/problem';
import { fetchProjectDeliveries, type ProjectDelivery, sendTo } from '../../api/results';
import type { Project } from '../../api/types';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Moment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import classes from './Connections.module.css';

const LOOK_AGAIN_MS = 5000;
export type DeliveryState = 'waiting' | 'delivered' | 'failed';

/** Results that are waiting for a PACS, failed to reach it (with the reason), or arrived. */
export function ProjectDeliveries({ project }: { project: Project }) {
  const [state, setState] = useState<DeliveryState | ''>('');
  const key = ['projects', project.id, 'deliveries', state] as const;
  const found = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => fetchProjectDeliveries(project.id, state || null, signal),
    refetchInterval: LOOK_AGAIN_MS,
  });
  return (
    <Panel title={t`Deliveries`}>
      <div className={classes.head}>
        <SegmentedControl
          aria-label={t`Deliveries to show`}
          data={[
            { value: '', label: t`All` },
            { value: 'waiting', label: t`Waiting` },
            { value: 'failed', label: t`Failed` },
            { value: 'delivered', label: t`Delivered` },
          ]}
          value={state}
          onChange={(value) => setState(value as DeliveryState | '')}
        />
      </div>
      {found.isPending ? <LoadingRows /> : null}
      {found.isError ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} />
      ) : null}
      {found.data?.length === 0 ? (
        <Text size="sm" c="dimmed">
          <Trans>No deliveries yet. Approved images that came as DICOM appear here.</Trans>
        </Text>
      ) : null}
      {found.data?.length ? (
        <DataTable
          label={t`Deliveries`}
          columns={[t`Image`, t`Destination`, t`State`, t`Since`, '']}
        >
          {found.data.map((one) => (
            <Row key={one.image_id + one.destination_id} project={project} delivery={one} />
          ))}
        </DataTable>
      ) : null}
    </Panel>
  );
}

function Row({ project, delivery }: { project: Project; delivery: ProjectDelivery }) {
  const client = useQueryClient();
  const send = useMutation({
    mutationFn: () => sendTo(delivery.image_id, delivery.destination_id),
    onSettled: () => client.invalidateQueries({ queryKey: ['projects', project.id, 'deliveries'] }),
    onError: (error) => notifications.show({ color: 'red', message: messageOf(error) }),
  });
  const { state } = delivery;
  const why = deliveryText(delivery.problem);
  return (
    <tr>
      <td>
        <Anchor
          renderRoot={(props) => (
            <Link {...props} to="/ui/images/$imageId" params={{ imageId: delivery.image_id }} />
          )}
          size="sm"
        >
          {delivery.image_id.slice(-8)}
        </Anchor>
      </td>
      <td>{delivery.destination}</td>
      <td>
        <StateText state={state} tries={delivery.tries} />
        {why ? <span className={classes.why}>{why}</span> : null}
      </td>
      <td>
        <Moment at={delivery.delivered_at ?? delivery.queued_at} />
      </td>
      <td align="right">
        {state === 'waiting' && delivery.tries === 0 ? null : (
          <Button
            size="compact-sm"
            variant="default"
            loading={send.isPending}
            aria-label={t`Send ${delivery.image_id.slice(-8)} again to ${delivery.destination}`}
            onClick={() => send.mutate()}
          >
            {state === 'waiting' ? <Trans>Try now</Trans> : <Trans>Send again</Trans>}
          </Button>
        )}
      </td>
    </tr>
  );
}

/** The delivery state of a message or a result. */
export function StateText({ state, tries }: { state: DeliveryState; tries: number }) {
  if (state === 'delivered') return <Trans>Delivered</Trans>;
  if (state === 'failed') return <Trans>Failed</Trans>;
  return tries ? <Trans>Waiting, {tries} tries failed</Trans> : <Trans>Waiting</Trans>;
}
