import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconArrowBackUp, IconCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { WorkMask } from '../../api/workflowTypes';
import { timeText } from '../effort/effortText';
import classes from './AdjudicatePage.module.css';
import { authorText, findingText } from './waiting';

interface Props {
  mask: WorkMask | null;
  mayReview: boolean;
  /** The one that a key would approve. */
  chosen: boolean;
  pending: boolean;
  onApprove: () => void;
  onReturn: () => void;
  /** Further acts below. */
  children?: ReactNode;
}

function sizeOf(mask: WorkMask): string | null {
  const largest = mask.result?.lesions[0];
  if (!largest) return null;
  const axis =
    largest.long_axis_mm === null
      ? `${largest.long_axis_px.toFixed(0)} px`
      : `${largest.long_axis_mm.toFixed(1)} mm`;
  return `longest axis ${axis}`;
}

/** What a revision says, and the decision on it. */
export function RevisionFoot({
  mask,
  mayReview,
  chosen,
  pending,
  onApprove,
  onReturn,
  children,
}: Props) {
  const facts = mask
    ? [
        findingText(mask),
        sizeOf(mask),
        mask.seconds === null ? null : `${timeText(mask.seconds)} of work`,
        mask.dice === null ? null : `Dice ${mask.dice.toFixed(2)} with the model`,
      ].filter((fact) => fact !== null)
    : [];
  return (
    <footer className={classes.foot}>
      <p className={classes.facts}>{mask ? facts.join(' · ') : children ? 'None yet' : '…'}</p>
      {mayReview && mask ? (
        <div className={classes.buttons}>
          <Button
            size="compact-md"
            variant={chosen ? 'filled' : 'default'}
            leftSection={<IconCheck size={15} stroke={2} />}
            loading={pending}
            aria-label={`Approve revision ${mask.revision} of ${authorText(mask)}`}
            onClick={onApprove}
          >
            Approve
          </Button>
          <Tooltip label="Return with a comment">
            <ActionIcon
              variant="default"
              size={30}
              aria-label={`Return revision ${mask.revision} of ${authorText(mask)}`}
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
