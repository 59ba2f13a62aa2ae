import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Panel } from '../../components/Panel';
import { InUse } from '../models/InUse';
import { deploymentsQuery } from '../models/modelsQueries';

/** The model that the project uses, with a link to where it is chosen, past the gate. */
export function ModelPanel() {
  const history = useQuery(deploymentsQuery);
  return (
    <Panel title={t`Model`}>
      {history.isPending ? <LoadingRows rows={1} /> : null}
      {history.isError ? (
        <ErrorState error={history.error} onRetry={() => void history.refetch()} />
      ) : null}
      {history.data ? (
        <Text size="sm" mb="sm">
          <InUse now={history.data.find((row) => row.serving)} />
        </Text>
      ) : null}
      <Button component={Link} to="/ui/models" variant="default">
        <Trans>Choose a model</Trans>
      </Button>
    </Panel>
  );
}
