import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { fetchProjectDeliveries } from '../../api/results';
import type { Project } from '../../api/types';
import { Panel } from '../../components/Panel';

/** Whether results of the project failed to arrive, with a link to its PACS and webhooks. */
export function ConnectionsPanel({ project }: { project: Project }) {
  const failed = useQuery({
    queryKey: ['projects', project.id, 'deliveries', 'failed'],
    queryFn: ({ signal }) => fetchProjectDeliveries(project.id, 'failed', signal),
  }).data?.length;
  return (
    <Panel title={t`PACS and other systems`}>
      <Text size="sm" mb="sm" c={failed ? 'red' : undefined}>
        {failed ? (
          <Trans>Results did not reach their PACS: {failed}.</Trans>
        ) : (
          <Trans>Where approved results go, and which systems are notified of events.</Trans>
        )}
      </Text>
      <Button component={Link} to="/ui/project/connections" variant="default">
        <Trans>Destinations and webhooks</Trans>
      </Button>
    </Panel>
  );
}
