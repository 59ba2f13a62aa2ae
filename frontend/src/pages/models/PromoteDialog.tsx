import { Alert } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { askForPromotion, fetchGate } from '../../api/evaluations';
import { promoteModel } from '../../api/models';
import type { GateState, Model } from '../../api/types';
import { FormError } from '../../components/FormError';
import { DecisionDialog } from './DecisionDialog';

const HEADS: Record<GateState['standing'], string> = {
  pass: 'It passes the gate',
  reason: 'No gain is shown',
  unjudged: 'The gate cannot judge it',
  fail: 'It does not pass the gate',
};

const COLOURS = { pass: 'teal', reason: 'yellow', unjudged: 'yellow', fail: 'red' } as const;

function nextOf(gate: GateState): string {
  if (gate.standing === 'pass') return '';
  if (gate.standing === 'reason') return 'Say why it is needed all the same.';
  return gate.others > 0
    ? 'You can ask a second admin to let it serve all the same.'
    : 'Only a second admin can let it serve all the same, and there is none: invite one under People. Your request waits for them.';
}

/** Lets a version serve where it passes the gate; else asks a second admin. */
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
      title={`Promote ${name}`}
      button={shut ? 'Ask a second admin' : 'Promote'}
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
          {gate.text} {nextOf(gate)}{' '}
          {gate.evaluation_id ? (
            <Link
              to="/ui/models/evaluations/$evaluationId"
              params={{ evaluationId: gate.evaluation_id }}
            >
              See the report
            </Link>
          ) : null}
        </Alert>
      ) : null}
      <FormError error={error} />
      {shut ? null : (
        <p>
          New images are outlined by it within a second. Outlines that are there stay as they are.
        </p>
      )}
    </DecisionDialog>
  );
}
