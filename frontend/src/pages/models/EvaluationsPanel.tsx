import { Button, Progress } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { cancelEvaluation } from '../../api/evaluations';
import type { Evaluation } from '../../api/types';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import { evaluationsQuery } from './modelsQuery';
import { StandingBadge } from './StandingBadge';

/** Versions held against the one that serves, on the same images. */
export function EvaluationsPanel() {
  const client = useQueryClient();
  const evaluations = useQuery(evaluationsQuery);
  const cancel = useMutation({
    mutationFn: cancelEvaluation,
    onSettled: () => void client.invalidateQueries({ queryKey: evaluationsQuery.queryKey }),
  });
  const rows = evaluations.data ?? [];
  return (
    <Panel title="Evaluations">
      {evaluations.isError ? (
        <ErrorState error={evaluations.error} onRetry={() => void evaluations.refetch()} />
      ) : null}
      {evaluations.data && rows.length === 0 ? (
        <p>
          None yet. “Evaluate” on a version holds it against the one that serves, on the test part
          of this project and on the reference sets. Only what passes is promoted by one admin.
        </p>
      ) : null}
      {rows.length > 0 ? (
        <DataTable label="Evaluations" columns={['Model', 'Against', 'When', 'Look', 'Gate', '']}>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>{row.model.replace('@', ' ')}</td>
              <td>
                {row.serving.replace('@', ' ')}
                {row.current ? '' : ' (serves no more)'}
              </td>
              <td>
                <Moment at={row.created_at} />
              </td>
              <td>{row.look}</td>
              <td>
                <StateOf row={row} />
              </td>
              <td>
                {row.standing ? (
                  <Link to="/ui/models/evaluations/$evaluationId" params={{ evaluationId: row.id }}>
                    Report
                  </Link>
                ) : null}
                {row.state === 'queued' || row.state === 'running' ? (
                  <Button
                    size="compact-xs"
                    variant="default"
                    loading={cancel.isPending}
                    onClick={() => cancel.mutate(row.id)}
                  >
                    Cancel
                  </Button>
                ) : null}
              </td>
            </tr>
          ))}
        </DataTable>
      ) : null}
      <FormError error={cancel.error} />
    </Panel>
  );
}

function StateOf({ row }: { row: Evaluation }) {
  if (row.standing) return <StandingBadge standing={row.standing} />;
  if (row.state === 'failed') return <>{row.problem?.detail ?? 'Failed'}</>;
  if (row.state === 'cancelled') return <>Cancelled</>;
  if (row.state === 'queued') return <>Waits for a worker</>;
  return (
    <Progress
      value={row.progress * 100}
      w={120}
      aria-label={`Progress of the evaluation of ${row.model}`}
    />
  );
}
