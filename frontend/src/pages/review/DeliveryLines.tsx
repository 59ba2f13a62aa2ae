import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { messageOf } from '../../api/problem';
import { type Deliveries, fetchDeliveries, sendTo } from '../../api/results';
import { projectOf, useUser } from '../../app/session';
import { Moment } from '../../components/Moment';
import classes from './ReviewPanel.module.css';

const LOOK_AGAIN_MS = 5000;
const key = (imageId: string) => ['images', imageId, 'deliveries'] as const;

/** Where the approved result of an image went, one small line for each PACS. */
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
      <p className={classes.delivery}>Did not come as DICOM: nothing goes back to the PACS.</p>
    ) : null;
  }
  return (
    <ul className={classes.deliveries} aria-label="Sent to">
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
  const { state } = delivery;
  return (
    <li className={classes.delivery} data-state={state}>
      <span>
        {state === 'delivered' ? 'In ' : null}
        {state === 'waiting' ? 'On its way to ' : null}
        {state === 'failed' ? 'Not in ' : null}
        <b>{delivery.destination}</b>
        {state === 'delivered' && delivery.delivered_at ? (
          <>
            {' since '}
            <Moment at={delivery.delivered_at} />
          </>
        ) : null}
        {delivery.detail ? <span className={classes.why}>{delivery.detail}</span> : null}
      </span>
      {admin && state !== 'waiting' ? (
        <Button
          size="compact-xs"
          variant="default"
          loading={send.isPending}
          aria-label={`Send again to ${delivery.destination}`}
          onClick={() => send.mutate()}
        >
          Send again
        </Button>
      ) : null}
    </li>
  );
}
