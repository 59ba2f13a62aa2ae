import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { ConsensusMethod, WorkImage, WorkMask } from '../../api/workflowTypes';
import { FormError } from '../../components/FormError';
import { drawingQuery } from '../../editing/drawings';
import { type LabelMap, MaskLayer } from '../../editor';
import { lesionColour } from '../../viewer/lesions';
import type { ViewerState } from '../../viewer/state';
import type { Store } from '../../viewer/store';
import classes from './AdjudicatePage.module.css';
import { CompareStage } from './CompareStage';
import { RevisionFoot } from './RevisionFoot';
import { useConsensus } from './useConsensus';

interface Props {
  image: WorkImage | null;
  frameKey: string;
  /** Revisions of the readings from which it is made. */
  revisions: number[];
  consensus: WorkMask | null;
  frame: ImageData | null;
  store: Store<ViewerState>;
  mayReview: boolean;
  chosen: boolean;
  pending: boolean;
  /** See `RevisionFoot`. */
  choice: boolean | null;
  onApprove: (mask: WorkMask) => void;
  onReturn: (revision: number) => void;
}

/** Green: neither reader's colour. */
const CONSENSUS_COLOUR = lesionColour(4);

const METHODS: { method: ConsensusMethod; name: string; note: string }[] = [
  {
    method: 'staple',
    name: t`Weighted by reader`,
    note: t`Gives more weight to readers who agree more with the others.`,
  },
  {
    method: 'majority',
    name: t`Majority vote`,
    note: t`Keeps what more than half of the readers marked; with two readers, what both marked.`,
  },
];

/** One mask made from the readings: computed on request, then approved like a reading. */
export function ConsensusColumn(props: Props) {
  const { image, frameKey, revisions, consensus, frame, store, mayReview, chosen, pending } = props;
  const { make, method, working, error } = useConsensus(frameKey, revisions);
  const drawing = useQuery({
    ...drawingQuery(frameKey, consensus ?? { revision: 0, source: 'model' }),
    enabled: image !== null && consensus !== null,
  });
  const map: LabelMap | null = drawing.data?.map ?? null;
  const layer = useMemo(() => map && new MaskLayer(map, CONSENSUS_COLOUR), [map]);
  return (
    <>
      {consensus ? (
        <CompareStage
          store={store}
          label={t`Consensus of the readings`}
          frame={frame}
          layer={layer}
        />
      ) : (
        <div className={classes.none}>
          <p>
            <Trans>Combine the readings into one outline.</Trans>
          </p>
        </div>
      )}
      <RevisionFoot
        mask={consensus}
        mayReview={mayReview}
        chosen={chosen}
        pending={pending}
        choice={props.choice}
        none={t`None yet`}
        onApprove={() => consensus && props.onApprove(consensus)}
        onReturn={() => consensus && props.onReturn(consensus.revision)}
      >
        {mayReview ? (
          <div className={classes.methods}>
            {METHODS.map((one) => (
              <Button
                key={one.method}
                size="compact-sm"
                variant="default"
                title={one.note}
                disabled={revisions.length < 2 || working}
                loading={working && method === one.method}
                onClick={() => make(one.method)}
              >
                {one.name}
              </Button>
            ))}
            <FormError error={error} />
          </div>
        ) : null}
      </RevisionFoot>
    </>
  );
}
