import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Modal, SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type RefObject, useMemo, useState } from 'react';
import type { Agreement, Reading, WorkImage, WorkMask } from '../../api/workflowTypes';
import { COMMANDS } from '../../app/commands';
import { on, useShortcuts } from '../../app/shortcuts';
import { FormError } from '../../components/FormError';
import { drawingQuery } from '../../editing/drawings';
import {
  DIFFERENCE_COLOURS,
  DifferenceLayer,
  type LabelMap,
  MaskLayer,
  overlap,
} from '../../editor';
import { currentLanguage } from '../../language/language';
import type { Stage } from '../../viewer/stage';
import type { ViewerState } from '../../viewer/state';
import type { Store } from '../../viewer/store';
import classes from './AdjudicatePage.module.css';
import { CompareStage } from './CompareStage';
import { ConsensusColumn } from './ConsensusColumn';
import { ReturnForm } from './ReturnForm';
import { RevisionFoot } from './RevisionFoot';
import type { useReview } from './useReview';

/** A reviewer's choice for one frame of a cine. */
export interface FrameChoice {
  revision: number | null;
  choose: (revision: number) => void;
  /** Approves the revisions chosen for all frames. */
  approve: () => void;
}

interface Props {
  frameKey: string;
  /** Null for a still, which is approved as a whole. */
  choice: FrameChoice | null;
  review: ReturnType<typeof useReview>;
  /** Null while it loads; the columns are already shown, so that nothing moves. */
  image: WorkImage | null;
  agreement: Agreement | null;
  frame: ImageData | null;
  store: Store<ViewerState>;
  stageRef: RefObject<Stage | null>;
}

type Third = 'difference' | 'consensus';

/**
 * The two readings to compare: the measured pair, else the first two submitted ones. In a cine,
 * readers who drew on the frame take precedence.
 */
function pairOf(image: WorkImage | null, agreement: Agreement | null): (Reading | null)[] {
  const submitted = image?.readings.filter(({ submitted_at }) => submitted_at) ?? [];
  const ids = [agreement?.first.reading?.id, agreement?.second.reading?.id];
  const measured = ids.map((id) => submitted.find((reading) => reading.id === id));
  if (measured[0] && measured[1]) return [measured[0], measured[1]];
  const drew = submitted.filter(({ submitted_revision }) => submitted_revision);
  const two = [...new Set([...drew, ...submitted])].slice(0, 2);
  const [first, second] = submitted.filter((reading) => two.includes(reading));
  return [first ?? null, second ?? null];
}

export function Columns(props: Props) {
  const { frameKey, image, agreement, frame, store, stageRef, choice, review } = props;
  const [third, setThird] = useState<Third>('difference');
  const [returning, setReturning] = useState<number | null>(null);
  const [chosen, setChosen] = useState(0);

  const pair = useMemo(() => pairOf(image, agreement), [image, agreement]);
  const masks = pair.map(
    (reading) =>
      image?.masks.find(({ revision }) => revision === reading?.submitted_revision) ?? null,
  );
  const consensus = image?.masks.find(({ source }) => source === 'consensus') ?? null;
  const first = useMap(frameKey, masks[0]);
  const second = useMap(frameKey, masks[1]);
  const layers = [
    useMemo(() => first && new MaskLayer(first, DIFFERENCE_COLOURS.a), [first]),
    useMemo(() => second && new MaskLayer(second, DIFFERENCE_COLOURS.b), [second]),
  ];
  const between = useMemo(
    () =>
      first && second
        ? { layer: new DifferenceLayer(first, second), overlap: overlap(first, second) }
        : null,
    [first, second],
  );

  const mayReview =
    Boolean(image?.may.adjudicate || image?.may.review) && image?.state === 'submitted';
  const decidable: (WorkMask | null)[] = [
    ...masks,
    ...(third === 'consensus' && consensus ? [consensus] : []),
  ];
  const approve = (mask: WorkMask | null | undefined) => {
    if (!mask || !mayReview || review.isPending) return;
    if (choice) choice.choose(mask.revision);
    else review.mutate({ revision: mask.revision, verdict: 'approved', comment: null });
  };
  useShortcuts(COMMANDS.approve.group, [
    on('column-1', () => setChosen(0)),
    on('column-2', () => setChosen(1)),
    on('column-3', () => {
      if (!consensus) return;
      setThird('consensus');
      setChosen(2);
    }),
    {
      ...on('approve', () => (choice ? choice.approve() : approve(decidable[chosen]))),
      label: choice ? t`Approve what was chosen` : t`Approve the selected outline`,
    },
    ...(choice ? [on('choose-outline', () => approve(decidable[chosen]))] : []),
    {
      ...on('return', () => {
        const mask = decidable[chosen];
        if (mask && mayReview) setReturning(mask.revision);
      }),
      label: t`Return the selected outline`,
    },
    on('third-column', () => setThird(third === 'difference' ? 'consensus' : 'difference')),
  ]);

  return (
    <div className={classes.columns}>
      {masks.map((mask, index) => (
        <section
          key={index === 0 ? 'first' : 'second'}
          className={classes.column}
          data-chosen={mayReview && chosen === index}
          aria-label={index === 0 ? t`First reading` : t`Second reading`}
        >
          <header className={classes.head}>
            <i
              className={classes.swatch}
              style={{ background: DIFFERENCE_COLOURS[index === 0 ? 'a' : 'b'] }}
            />
            <b>{pair[index]?.reader.name ?? '…'}</b>
            <kbd className={classes.key}>{index + 1}</kbd>
          </header>
          <CompareStage
            store={store}
            {...(index === 0 ? { stageRef } : {})}
            label={t`Reading of ${pair[index]?.reader.name ?? t`a reader`}`}
            frame={frame}
            layer={layers[index] ?? null}
          />
          <RevisionFoot
            mask={mask}
            mayReview={mayReview}
            chosen={chosen === index}
            pending={review.isPending}
            choice={choice ? choice.revision === mask?.revision : null}
            none={image && choice ? t`Nothing drawn on this frame` : null}
            onApprove={() => approve(mask)}
            onReturn={() => setReturning(mask?.revision ?? null)}
          />
        </section>
      ))}
      <section
        className={classes.column}
        data-chosen={mayReview && chosen === 2 && third === 'consensus'}
        aria-label={third === 'difference' ? t`Difference` : t`Consensus`}
      >
        <header className={classes.head}>
          <SegmentedControl
            size="xs"
            aria-label={t`Third image`}
            data={[
              { value: 'difference', label: t`Difference` },
              { value: 'consensus', label: t`Consensus` },
            ]}
            value={third}
            onChange={(value) => setThird(value as Third)}
          />
          {third === 'consensus' ? <kbd className={classes.key}>3</kbd> : null}
        </header>
        {third === 'difference' ? (
          <>
            <CompareStage
              store={store}
              label={t`Where the two readings differ`}
              frame={frame}
              layer={between?.layer ?? null}
            />
            <footer className={classes.foot}>
              <ul className={classes.legend}>
                <Kind
                  kind="a"
                  name={t`Only ${pair[0]?.reader.name ?? t`the first`}`}
                  px={between?.overlap.a}
                />
                <Kind
                  kind="b"
                  name={t`Only ${pair[1]?.reader.name ?? t`the second`}`}
                  px={between?.overlap.b}
                />
                <Kind kind="both" name={t`Both`} px={between?.overlap.both} />
              </ul>
            </footer>
          </>
        ) : (
          <ConsensusColumn
            image={image}
            frameKey={frameKey}
            revisions={masks.flatMap((mask) => (mask ? [mask.revision] : []))}
            consensus={consensus}
            frame={frame}
            store={store}
            mayReview={mayReview}
            chosen={chosen === 2}
            pending={review.isPending}
            choice={choice ? choice.revision === consensus?.revision : null}
            onApprove={approve}
            onReturn={setReturning}
          />
        )}
      </section>
      {review.error ? (
        <div className={classes.failure}>
          <FormError error={review.error} />
          <Button size="compact-sm" variant="subtle" color="gray" onClick={review.reset}>
            <Trans>Close</Trans>
          </Button>
        </div>
      ) : null}
      <Modal
        opened={returning !== null}
        onClose={() => setReturning(null)}
        title={t`Return revision ${returning ?? ''}`}
      >
        <ReturnForm
          pending={review.isPending}
          onCancel={() => setReturning(null)}
          onReturn={(comment) => {
            if (returning !== null) {
              review.mutate({ revision: returning, verdict: 'returned', comment });
              setReturning(null);
            }
          }}
        />
      </Modal>
    </div>
  );
}

/** Null while it loads. */
function useMap(frameKey: string, mask: WorkMask | null | undefined): LabelMap | null {
  const { data } = useQuery({
    ...drawingQuery(frameKey, mask ?? { revision: 0, source: 'model' }),
    enabled: Boolean(mask),
  });
  return data?.map ?? null;
}

function Kind(props: {
  kind: keyof typeof DIFFERENCE_COLOURS;
  name: string;
  px: number | undefined;
}) {
  return (
    <li>
      <i className={classes.swatch} style={{ background: DIFFERENCE_COLOURS[props.kind] }} />
      <span className={classes.kind}>{props.name}</span>
      <span className={classes.px}>
        {props.px === undefined ? '–' : t`${props.px.toLocaleString(currentLanguage())} px`}
      </span>
    </li>
  );
}
