import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Progress } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { cancelEvaluation } from '../../api/evaluations';
import { sentenceOf } from '../../api/problem';
import type { Evaluation } from '../../api/types';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import { counted, modelText } from './figures';
import { evaluationsQuery } from './modelsQueries';
import { StandingBadge } from './StandingBadge';

/** Versions compared with the one in use, on the same images. */
export function EvaluationsPanel() {
  const client = useQueryClient();
  const evaluations = useQuery(evaluationsQuery);
  const cancel = useMutation({
    mutationFn: cancelEvaluation,
    onSettled: () => void client.invalidateQueries({ queryKey: evaluationsQuery.queryKey }),
  });
  const rows = evaluations.data ?? [];
  return (
    <Panel title={t`Evaluations`}>
      {evaluations.isError ? (
        <ErrorState error={evaluations.error} onRetry={() => void evaluations.refetch()} />
      ) : null}
      {evaluations.data && rows.length === 0 ? (
        <p>
          <Trans>
            None yet. “Evaluate” compares a version with the one in use, on the test part of this
            project and on the reference sets. Only a version that passes can be promoted by one
            admin alone.
          </Trans>
        </p>
      ) : null}
      {rows.length > 0 ? (
        <DataTable
          label={t`Evaluations`}
          columns={[t`Model`, t`Compared with`, t`When`, t`Look`, t`Gate`, '']}
        >
          {rows.map((row) => (
            <tr key={row.id}>
              <td>{modelText(row.model)}</td>
              <td>{against(row)}</td>
              <td>
                <Moment at={row.created_at} />
              </td>
              <td>{counted(row.look)}</td>
              <td>
                <StateOf row={row} />
              </td>
              <td>
                {row.standing ? (
                  <Link to="/ui/models/evaluations/$evaluationId" params={{ evaluationId: row.id }}>
                    <Trans>Report</Trans>
                  </Link>
                ) : null}
                {row.state === 'queued' || row.state === 'running' ? (
                  <Button
                    size="compact-xs"
                    variant="default"
                    loading={cancel.isPending}
                    onClick={() => cancel.mutate(row.id)}
                  >
                    <Trans>Cancel</Trans>
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

function against({ serving, current }: Evaluation): string {
  const model = modelText(serving);
  return current ? model : t`${model} (no longer in use)`;
}

function StateOf({ row }: { row: Evaluation }) {
  if (row.standing) return <StandingBadge standing={row.standing} />;
  if (row.state === 'failed') return <>{row.problem ? sentenceOf(row.problem) : t`Failed`}</>;
  if (row.state === 'cancelled') return <Trans>Cancelled</Trans>;
  if (row.state === 'queued') return <Trans>Waiting for a worker</Trans>;
  const model = modelText(row.model);
  return (
    <Progress
      value={row.progress * 100}
      w={120}
      aria-label={t`Progress of the evaluation of ${model}`}
    />
  );
}
