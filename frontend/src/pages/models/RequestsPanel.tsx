import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { confirmPromotion, refusePromotion } from '../../api/evaluations';
import type { PromotionRequest } from '../../api/types';
import { useUser } from '../../app/session';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import { modelText } from './figures';
import classes from './ModelsPage.module.css';
import { evaluationQuery, promotionRequestsQuery } from './modelsQueries';
import { NOT_EVALUATED } from './PromoteDialog';
import { decidedBy } from './report';

/** Versions that fail the gate but that an admin wants to serve; another admin decides. */
export function RequestsPanel() {
  const requests = useQuery(promotionRequestsQuery);
  const open = requests.data?.filter((one) => one.confirmed === null) ?? [];
  if (open.length === 0) return null;
  return (
    <Panel title={t`Waiting for a second admin`}>
      {open.map((one) => (
        <RequestLine key={one.id} request={one} />
      ))}
    </Panel>
  );
}

/** Why the gate rejected it; the API gives the reason in English. */
function GateReason({ request }: { request: PromotionRequest }) {
  const report = useQuery({
    ...evaluationQuery(request.evaluation_id ?? ''),
    enabled: request.evaluation_id !== null,
  });
  const gate = request.evaluation_id ? decidedBy(report.data) || request.gate : NOT_EVALUATED;
  return <Trans>The gate: {gate}</Trans>;
}

function RequestLine({ request }: { request: PromotionRequest }) {
  const client = useQueryClient();
  const user = useUser();
  const mine = request.created_by.id === user?.id;
  const afterDecision = {
    onSettled: () => {
      for (const key of ['promotion-requests', 'deployments', 'models'])
        void client.invalidateQueries({ queryKey: [key] });
    },
  };
  const confirm = useMutation({ mutationFn: () => confirmPromotion(request.id), ...afterDecision });
  const refuse = useMutation({ mutationFn: () => refusePromotion(request.id), ...afterDecision });
  const model = modelText(request.model);
  const serving = modelText(request.serving);
  const name = request.created_by.name;
  const why = request.reason;
  const busy = confirm.isPending || refuse.isPending;
  return (
    <section className={classes.request} aria-label={t`Request for ${model}`}>
      <p>
        {request.everywhere ? (
          <Trans>
            <strong>{model}</strong> instead of {serving} for the whole site, requested by {name}{' '}
            <Moment at={request.created_at} />
          </Trans>
        ) : (
          <Trans>
            <strong>{model}</strong> instead of {serving}, requested by {name}{' '}
            <Moment at={request.created_at} />
          </Trans>
        )}
      </p>
      <p>
        <Trans>Why: {why}</Trans>
      </p>
      <p className={classes.reason}>
        <GateReason request={request} />{' '}
        {request.evaluation_id ? (
          <Link
            to="/ui/models/evaluations/$evaluationId"
            params={{ evaluationId: request.evaluation_id }}
          >
            <Trans>Report</Trans>
          </Link>
        ) : null}
      </p>
      {mine && request.others === 0 ? (
        <p className={classes.reason}>
          <Trans>There is no other admin to confirm it. Invite one under People.</Trans>
        </p>
      ) : null}
      <div className={classes.actions}>
        {request.may_confirm ? (
          <Button size="xs" loading={busy} onClick={() => confirm.mutate()}>
            <Trans>Confirm and promote</Trans>
          </Button>
        ) : null}
        <Button size="xs" variant="default" loading={busy} onClick={() => refuse.mutate()}>
          {mine ? t`Withdraw` : t`Refuse`}
        </Button>
      </div>
      <FormError error={confirm.error ?? refuse.error} />
    </section>
  );
}
