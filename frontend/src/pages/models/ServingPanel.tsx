import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Badge, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { rollBackModel } from '../../api/models';
import type { Deployment } from '../../api/types';
import { isAdmin, useUser } from '../../app/session';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Moment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import { DecisionDialog } from './DecisionDialog';
import { InUse } from './InUse';
import classes from './ModelsPage.module.css';
import { deploymentsQuery } from './modelsQueries';
import { RerunLine } from './RerunLine';

const COLUMNS = [t`Model`, t`Since`, t`Scope`, t`Decided by`, t`Based on`, t`Why`];

function decidedBy(row: Deployment): string {
  const name = row.created_by?.name ?? t`The software`;
  if (!row.confirmed_by) return name;
  const second = row.confirmed_by.name;
  return t`${name}, confirmed by ${second}`;
}

/** Why a version serves; reasons taken from the site's settings are translated. */
const reasonText = (reason: string): string =>
  reason.startsWith('SONOLOOP_DEFAULT_MODEL=') ? t`The default of this site` : reason;

/** The serving version and former ones: who decided, when and why. */
export function ServingPanel() {
  const admin = isAdmin(useUser());
  const history = useQuery(deploymentsQuery);
  const [back, setBack] = useState(false);
  const rows = history.data ?? [];
  const now = rows.find((row) => row.serving);
  return (
    <Panel title={t`In use`}>
      {history.isPending ? <LoadingRows rows={2} /> : null}
      {history.isError ? (
        <ErrorState error={history.error} onRetry={() => void history.refetch()} />
      ) : null}
      {history.data ? (
        <div className={classes.now}>
          <p>
            <InUse now={now} />
          </p>
          {admin && rows.length > 1 ? (
            <Button size="xs" variant="default" onClick={() => setBack(true)}>
              <Trans>Go back to the previous version</Trans>
            </Button>
          ) : null}
        </div>
      ) : null}
      {admin ? <RerunLine /> : null}
      {rows.length > 0 ? (
        <DataTable label={t`History`} columns={COLUMNS}>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>
                {row.model} {row.version}{' '}
                {row.serving ? (
                  <Badge size="sm" variant="outline" color="gray" c="inherit" tt="none" fw={500}>
                    <Trans>in use</Trans>
                  </Badge>
                ) : null}
              </td>
              <td>
                <Moment at={row.created_at} />
              </td>
              <td>{row.everywhere ? t`Site` : t`Project`}</td>
              <td>{decidedBy(row)}</td>
              <td>
                {row.evaluation_id && admin ? (
                  <Link
                    to="/ui/models/evaluations/$evaluationId"
                    params={{ evaluationId: row.evaluation_id }}
                  >
                    <Trans>Evaluation</Trans>
                  </Link>
                ) : null}
              </td>
              <td>{reasonText(row.reason)}</td>
            </tr>
          ))}
        </DataTable>
      ) : null}
      {back ? (
        <DecisionDialog
          title={t`Go back to the previous version`}
          button={t`Go back`}
          decide={rollBackModel}
          onClose={() => setBack(false)}
        >
          <Trans>
            The previous version outlines new images again. Nothing is deleted; the history gets one
            more row.
          </Trans>
        </DecisionDialog>
      ) : null}
    </Panel>
  );
}
