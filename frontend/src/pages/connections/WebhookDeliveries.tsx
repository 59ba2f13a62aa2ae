import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { deliveryText } from '../../api/deliveryText';
import type { Project } from '../../api/types';
import { fetchWebhookDeliveries } from '../../api/webhooks';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { ExactMoment, Moment } from '../../components/Moment';
import classes from './Connections.module.css';
import { StateText } from './ProjectDeliveries';

const LOOK_AGAIN_MS = 3000;

interface Props {
  project: Project;
  webhookId: string;
}

/** The last messages to one address and their outcome. */
export function WebhookDeliveries({ project, webhookId }: Props) {
  const found = useQuery({
    queryKey: ['projects', project.id, 'webhooks', webhookId, 'deliveries'],
    queryFn: ({ signal }) => fetchWebhookDeliveries(project.id, webhookId, signal),
    refetchInterval: LOOK_AGAIN_MS,
  });
  if (found.isError) {
    return <ErrorState error={found.error} onRetry={() => void found.refetch()} />;
  }
  if (!found.data?.length) {
    return (
      <Text size="sm" c="dimmed" mt={12}>
        {found.data ? (
          <Trans>No message has been sent yet; send a test.</Trans>
        ) : (
          <Trans>Loading…</Trans>
        )}
      </Text>
    );
  }
  return (
    <div className={classes.messages}>
      <DataTable label={t`Messages`} columns={[t`Event`, t`When`, t`State`, t`Next try`]}>
        {found.data.map((one) => (
          <tr key={one.id}>
            <td>{one.event}</td>
            <td>
              <ExactMoment at={one.at} />
            </td>
            <td>
              <StateText state={one.state} tries={one.tries} />
              {one.problem ? (
                <span className={classes.why}>{deliveryText(one.problem)}</span>
              ) : null}
            </td>
            <td>
              <Moment at={one.next_at} />
            </td>
          </tr>
        ))}
      </DataTable>
    </div>
  );
}
