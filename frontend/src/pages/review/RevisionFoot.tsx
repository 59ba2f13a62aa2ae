import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Button } from '@mantine/core';
import { IconArrowBackUp, IconCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { WorkMask } from '../../api/workflowTypes';
import { Tooltip } from '../../components/Tooltip';
import { fixed } from '../../language/language';
import { timeText } from '../effort/effortText';
import classes from './AdjudicatePage.module.css';
import { authorText, findingText } from './waiting';

interface Props {
  mask: WorkMask | null;
  mayReview: boolean;
  /** The revision that a key would approve. */
  chosen: boolean;
  pending: boolean;
  /** For a cine, whether this revision is the choice for its frame. Null for a still. */
  choice: boolean | null;
  /** Approves a still; chooses the revision for its frame of a cine. */
  onApprove: () => void;
  onReturn: () => void;
  /** Text if there is no revision; if that is null too, a loading sign. */
  none: string | null;
  /** Further actions below. */
  children?: ReactNode;
}

function sizeOf(mask: WorkMask): string | null {
  const largest = mask.result?.lesions[0];
  if (!largest) return null;
  const axis =
    largest.long_axis_mm === null
      ? t`${fixed(largest.long_axis_px, 0)} px`
      : t`${fixed(largest.long_axis_mm, 1)} mm`;
  return t`longest axis ${axis}`;
}

/** The findings of a revision, and the decision on it. */
export function RevisionFoot({
  mask,
  mayReview,
  chosen,
  pending,
  choice,
  onApprove,
  onReturn,
  none,
  children,
}: Props) {
  const facts = mask
    ? [
        findingText(mask),
        sizeOf(mask),
        mask.seconds === null ? null : t`${timeText(mask.seconds)} of work`,
        mask.dice === null ? null : t`Dice ${fixed(mask.dice, 2)} with the model`,
      ].filter((fact) => fact !== null)
    : [];
  return (
    <footer className={classes.foot}>
      <p className={classes.facts}>{mask ? facts.join(' · ') : (none ?? '…')}</p>
      {mayReview && mask ? (
        <div className={classes.buttons}>
          {choice === null ? (
            <Button
              size="compact-md"
              variant={chosen ? 'filled' : 'default'}
              leftSection={<IconCheck size={15} stroke={2} />}
              loading={pending}
              aria-label={t`Approve revision ${mask.revision} of ${authorText(mask)}`}
              onClick={onApprove}
            >
              <Trans>Approve</Trans>
            </Button>
          ) : (
            <Button
              size="compact-md"
              variant={choice ? 'filled' : 'default'}
              leftSection={choice ? <IconCheck size={15} stroke={2} /> : null}
              aria-pressed={choice}
              aria-label={t`Choose revision ${mask.revision} of ${authorText(mask)} for this frame`}
              onClick={onApprove}
            >
              <Trans>Choose</Trans>
            </Button>
          )}
          <Tooltip label={t`Return with a comment`}>
            <ActionIcon
              variant="default"
              size={30}
              aria-label={t`Return revision ${mask.revision} of ${authorText(mask)}`}
              onClick={onReturn}
            >
              <IconArrowBackUp size={16} stroke={1.8} />
            </ActionIcon>
          </Tooltip>
        </div>
      ) : null}
      {children}
    </footer>
  );
}
