import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { deliveryText } from '../../api/deliveryText';
import { messageOf } from '../../api/problem';
import { type Deliveries, fetchDeliveries, sendTo } from '../../api/results';
import { projectOf, useUser } from '../../app/session';
import { Moment } from '../../components/Moment';
import classes from './ReviewPanel.module.css';

const LOOK_AGAIN_MS = 5000;
const key = (imageId: string) => ['images', imageId, 'deliveries'] as const;

/** Where the approved result of an image was sent, one small line per PACS. */
export function DeliveryLines({ imageId }: { imageId: string }) {
  const found = useQuery({
    queryKey: key(imageId),
    queryFn: ({ signal }) => fetchDeliveries(imageId, signal),
    refetchInterval: (query) =>
      query.state.data?.items.some((one) => one.state === 'waiting') ? LOOK_AGAIN_MS : false,
  }).data;
  if (!found) return null;
  if (found.items.length === 0) {
    return found.automatic && !found.writable ? (
      <p className={classes.delivery}>
        <Trans>Did not come as DICOM: nothing goes back to the PACS.</Trans>
      </p>
    ) : null;
  }
  return (
    <ul className={classes.deliveries} aria-label={t`Sent to`}>
      {found.items.map((one) => (
        <Line key={one.destination_id} imageId={imageId} delivery={one} />
      ))}
    </ul>
  );
}

function Line({ imageId, delivery }: { imageId: string; delivery: Deliveries['items'][number] }) {
  const admin = projectOf(useUser())?.role === 'admin';
  const client = useQueryClient();
  const send = useMutation({
    mutationFn: () => sendTo(imageId, delivery.destination_id),
    onSuccess: (now) => client.setQueryData(key(imageId), now),
    onError: (error) => notifications.show({ color: 'red', message: messageOf(error) }),
  });
  const { state, destination: to } = delivery;
  const why = deliveryText(delivery.problem);
  return (
    <li className={classes.delivery} data-state={state}>
      <span>
        {state === 'delivered' && !delivery.delivered_at ? (
          <Trans>
            In <b>{to}</b>
          </Trans>
        ) : null}
        {state === 'delivered' && delivery.delivered_at ? (
          <Trans>
            In <b>{to}</b>, sent <Moment at={delivery.delivered_at} />
          </Trans>
        ) : null}
        {state === 'waiting' ? (
          <Trans>
            On its way to <b>{to}</b>
          </Trans>
        ) : null}
        {state === 'failed' ? (
          <Trans>
            Did not reach <b>{to}</b>
          </Trans>
        ) : null}
        {why ? <span className={classes.why}>{why}</span> : null}
      </span>
      {admin && state !== 'waiting' ? (
        <Button
          size="compact-xs"
          variant="default"
          loading={send.isPending}
          aria-label={t`Send again to ${delivery.destination}`}
          onClick={() => send.mutate()}
        >
          <Trans>Send again</Trans>
        </Button>
      ) : null}
    </li>
  );
}
