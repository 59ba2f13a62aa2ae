import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
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
      ? t`${largest.long_axis_px.toFixed(0)} px`
      : t`${largest.long_axis_mm.toFixed(1)} mm`;
  return t`longest axis ${axis}`;
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
        mask.seconds === null ? null : t`${timeText(mask.seconds)} of work`,
        mask.dice === null ? null : t`Dice ${mask.dice.toFixed(2)} with the model`,
      ].filter((fact) => fact !== null)
    : [];
  return (
    <footer className={classes.foot}>
      <p className={classes.facts}>{mask ? facts.join(' · ') : children ? t`None yet` : '…'}</p>
      {mayReview && mask ? (
        <div className={classes.buttons}>
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
