import { Badge, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { rollBackModel } from '../../api/models';
import { isAdmin, useUser } from '../../app/session';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Moment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import { DecisionDialog } from './DecisionDialog';
import classes from './ModelsPage.module.css';
import { deploymentsQuery } from './modelsQuery';
import { RerunLine } from './RerunLine';

/** What serves, and what served before: who decided so, when and why. */
export function ServingPanel() {
  const admin = isAdmin(useUser());
  const history = useQuery(deploymentsQuery);
  const [back, setBack] = useState(false);
  const rows = history.data ?? [];
  const now = rows.find((row) => row.serving);
  return (
    <Panel title="Serving">
      {history.isPending ? <LoadingRows rows={2} /> : null}
      {history.isError ? (
        <ErrorState error={history.error} onRetry={() => void history.refetch()} />
      ) : null}
      {history.data ? (
        <div className={classes.now}>
          <p>
            {now ? (
              <>
                <strong>
                  {now.model} {now.version}
                </strong>{' '}
                outlines new images{now.everywhere ? ', as on the whole site' : ' of this project'}.
              </>
            ) : (
              'Nothing was promoted yet; the model that came with the software answers.'
            )}
          </p>
          {admin && rows.length > 1 ? (
            <Button size="xs" variant="default" onClick={() => setBack(true)}>
              Go back to the one before
            </Button>
          ) : null}
        </div>
      ) : null}
      {admin ? <RerunLine /> : null}
      {rows.length > 0 ? (
        <DataTable label="History" columns={['Model', 'Since', 'For', 'By', 'On', 'Why']}>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>
                {row.model} {row.version}{' '}
                {row.serving ? (
                  <Badge size="sm" variant="outline" color="gray" c="inherit" tt="none" fw={500}>
                    now
                  </Badge>
                ) : null}
              </td>
              <td>
                <Moment at={row.created_at} />
              </td>
              <td>{row.everywhere ? 'Site' : 'Project'}</td>
              <td>
                {row.created_by?.name ?? 'The software'}
                {row.confirmed_by ? `, confirmed by ${row.confirmed_by.name}` : null}
              </td>
              <td>
                {row.evaluation_id && admin ? (
                  <Link
                    to="/ui/models/evaluations/$evaluationId"
                    params={{ evaluationId: row.evaluation_id }}
                  >
                    Evaluation
                  </Link>
                ) : null}
              </td>
              <td>{row.reason}</td>
            </tr>
          ))}
        </DataTable>
      ) : null}
      {back ? (
        <DecisionDialog
          title="Go back to the model before"
          button="Go back"
          decide={rollBackModel}
          onClose={() => setBack(false)}
        >
          The version that served before serves again. Nothing is deleted; the history gets one more
          row.
        </DecisionDialog>
      ) : null}
    </Panel>
  );
}
