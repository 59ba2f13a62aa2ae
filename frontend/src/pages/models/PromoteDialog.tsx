import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Alert } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { askForPromotion, fetchGate } from '../../api/evaluations';
import { promoteModel } from '../../api/models';
import type { GateState, Model } from '../../api/types';
import { FormError } from '../../components/FormError';
import { DecisionDialog } from './DecisionDialog';
import { evaluationQuery } from './modelsQueries';
import { decidedBy } from './report';

const HEADS: Record<GateState['standing'], string> = {
  pass: t`It passes the gate`,
  reason: t`No gain is shown`,
  unjudged: t`The gate cannot judge it`,
  fail: t`It does not pass the gate`,
};

const COLOURS = { pass: 'teal', reason: 'yellow', unjudged: 'yellow', fail: 'red' } as const;

function nextOf(gate: GateState): string {
  if (gate.standing === 'pass') return '';
  if (gate.standing === 'reason') return t`Say why it is needed anyway.`;
  return gate.others > 0
    ? t`You can ask a second admin to promote it anyway.`
    : t`Only a second admin can promote it anyway, and there is none: invite one under People. Your request waits until then.`;
}

/** Shown if there is no evaluation. */
export const NOT_EVALUATED = t`It has not been evaluated against the version in use in every project that it would serve.`;

const WHY: Partial<Record<GateState['code'], string>> = {
  'nothing-serves': t`No version is in use yet to compare it with.`,
  'serves-already': t`It is in use already.`,
  'not-evaluated': NOT_EVALUATED,
  outdated: t`A reference set was added after its evaluation; evaluate it again.`,
};

/** The reason for the standing: for an evaluation, the rows that decided it. */
function Why({ gate }: { gate: GateState }) {
  const judged = gate.code === 'judged' && gate.standing !== 'pass';
  const report = useQuery({
    ...evaluationQuery(gate.evaluation_id ?? ''),
    enabled: judged && gate.evaluation_id !== null,
  });
  if (!judged) return <>{WHY[gate.code]}</>;
  return <>{decidedBy(report.data)}</>;
}

/** Makes a version serve if it passes the gate; otherwise asks a second admin. */
export function PromoteDialog({ model, onClose }: { model: Model; onClose: () => void }) {
  const [everywhere, setEverywhere] = useState(false);
  const { data: gate, error } = useQuery({
    queryKey: ['gate', model.name, model.version, everywhere],
    queryFn: ({ signal }) => fetchGate(model, everywhere, signal),
    staleTime: 0,
  });
  const shut = gate?.standing === 'fail' || gate?.standing === 'unjudged';
  const name = `${model.name} ${model.version}`;
  return (
    <DecisionDialog
      title={t`Promote ${name}`}
      button={shut ? t`Ask a second admin` : t`Promote`}
      disabled={!gate}
      onScope={setEverywhere}
      decide={({ reason, everywhere: all }) =>
        shut
          ? askForPromotion(model, reason, all)
          : promoteModel(model, {
              reason,
              everywhere: all,
              without_gain: gate?.standing === 'reason',
            })
      }
      onClose={onClose}
    >
      {gate ? (
        <Alert color={COLOURS[gate.standing]} title={HEADS[gate.standing]} mb={12} role="status">
          <Why gate={gate} /> {nextOf(gate)}{' '}
          {gate.evaluation_id ? (
            <Link
              to="/ui/models/evaluations/$evaluationId"
              params={{ evaluationId: gate.evaluation_id }}
            >
              <Trans>See the report</Trans>
            </Link>
          ) : null}
        </Alert>
      ) : null}
      <FormError error={error} />
      {shut ? null : (
        <p>
          <Trans>It outlines new images from now on. Existing outlines stay as they are.</Trans>
        </p>
      )}
    </DecisionDialog>
  );
}
