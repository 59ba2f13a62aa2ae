import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, VisuallyHidden } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import type { Reading, SubmittedFrame } from '../../api/workflowTypes';
import { fixed } from '../../language/language';
import classes from './FrameBar.module.css';

interface Props {
  /** The submitted frames. */
  frames: readonly SubmittedFrame[];
  /** Index of the frame shown. */
  shown: number;
  onShow: (index: number) => void;
  /** Indices of the frames for which a revision is chosen. */
  chosen: ReadonlySet<number>;
  /** Readings that can be chosen for all frames at once; empty if the user may not decide. */
  readings: readonly Reading[];
  onReading: (reading: Reading) => void;
  pending: boolean;
  /** Null if the user may not decide. */
  onApprove: (() => void) | null;
}

const LOW_DICE = 0.7;

/** The frames of a cine awaiting a decision, and the approval of the chosen revisions. */
export function FrameBar(props: Props) {
  const { frames, shown, onShow, chosen, readings, onReading, pending, onApprove } = props;
  const current = useRef<HTMLButtonElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the frame shown determines the button
  useEffect(() => {
    current.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [shown]);
  const count = chosen.size;
  return (
    <nav className={classes.root} aria-label={t`Frames of the cine`}>
      <ol className={classes.frames}>
        {frames.map((frame) => (
          <li key={frame.index}>
            <button
              ref={frame.index === shown ? current : undefined}
              type="button"
              className={classes.frame}
              aria-current={frame.index === shown}
              onClick={() => onShow(frame.index)}
            >
              <b>
                <VisuallyHidden>{t`Frame`}</VisuallyHidden> {frame.index + 1}
              </b>{' '}
              <span data-warn={(frame.dice ?? 1) < LOW_DICE}>
                <Agreement frame={frame} />
              </span>
              {chosen.has(frame.index) ? (
                <>
                  {' '}
                  <VisuallyHidden>{t`chosen`}</VisuallyHidden>
                  <IconCheck size={14} stroke={2.4} aria-hidden />
                </>
              ) : null}
            </button>
          </li>
        ))}
      </ol>
      {onApprove ? (
        <div className={classes.acts}>
          {readings.map((reading) => (
            <AllOf key={reading.id} reading={reading} onClick={() => onReading(reading)} />
          ))}
          <Button
            size="compact-md"
            leftSection={<IconCheck size={15} stroke={2} />}
            disabled={count === 0}
            loading={pending}
            title={t`Frames for which nothing is chosen do not enter the training pool`}
            onClick={onApprove}
          >
            {plural(frames.length, {
              one: `Approve ${count} of # frame`,
              other: `Approve ${count} of # frames`,
            })}
          </Button>
        </div>
      ) : null}
    </nav>
  );
}

/** Chooses one reader's outlines for every frame without a choice. */
function AllOf({ reading, onClick }: { reading: Reading; onClick: () => void }) {
  const { name } = reading.reader;
  return (
    <Button
      size="compact-sm"
      variant="default"
      title={t`Chooses the outlines of ${name} on all frames that are not decided yet`}
      onClick={onClick}
    >
      <Trans>All of {name}</Trans>
    </Button>
  );
}

function Agreement({ frame }: { frame: SubmittedFrame }) {
  if (frame.dice === null) return frame.revisions.length < 2 ? t`one reader` : '–';
  return (
    <>
      <VisuallyHidden>{t`Dice`}</VisuallyHidden> {fixed(frame.dice, 2)}
    </>
  );
}
