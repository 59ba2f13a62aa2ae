import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { Spacing } from '../../api/types';
import type { Agreement } from '../../api/workflowTypes';
import { Tooltip } from '../../components/Tooltip';
import { fixed } from '../../language/language';
import classes from './AdjudicatePage.module.css';

const LOW_DICE = 0.7;

/** HD95, in mm if the pixels are square and their size is known. */
export function distanceText(px: number | null, spacing: Spacing | null): string {
  if (px === null) return '–';
  if (spacing && Math.abs(spacing.row - spacing.column) < 1e-6 * spacing.row) {
    return t`${fixed(px * spacing.row, 1)} mm`;
  }
  return t`${fixed(px, 1)} px`;
}

function presenceText([first, second]: Agreement['presence']): string {
  if (first && second) return t`Both readers see a lesion`;
  if (!first && !second) return t`Neither reader sees a lesion`;
  return first ? t`Only the first reader sees a lesion` : t`Only the second reader sees a lesion`;
}

/** Agreement of the two readings as first submitted. */
export function AgreementBar(props: {
  agreement: Agreement | null;
  /** Two blind readings drew on the frame; only these are compared. */
  measured: boolean;
  spacing: Spacing | null;
}) {
  const { agreement, measured, spacing } = props;
  if (!agreement)
    return (
      <p className={classes.measuring}>
        {measured
          ? t`Agreement is being measured…`
          : t`Agreement is measured where two blind readings have outlines`}
      </p>
    );
  const differs = agreement.presence[0] !== agreement.presence[1];
  return (
    <dl className={classes.agreement}>
      <div data-warn={differs}>
        <dt>
          <Trans>Is there a lesion?</Trans>
        </dt>
        <dd>{presenceText(agreement.presence)}</dd>
      </div>
      <Measure
        label="Dice"
        hint={t`Twice the shared area divided by the sum of both areas; 1 means identical`}
        warn={agreement.dice < LOW_DICE}
      >
        {fixed(agreement.dice, 3)}
      </Measure>
      <Measure label="IoU" hint={t`Shared area divided by the combined area; 1 means identical`}>
        {fixed(agreement.iou, 3)}
      </Measure>
      <Measure label="HD95" hint={t`95 % of the two outlines lie closer together than this`}>
        {distanceText(agreement.hd95_px, spacing)}
      </Measure>
    </dl>
  );
}

function Measure(props: { label: string; hint: string; warn?: boolean; children: string }) {
  return (
    <Tooltip label={props.hint}>
      <div data-warn={props.warn ?? false}>
        <dt>{props.label}</dt>
        <dd>{props.children}</dd>
      </div>
    </Tooltip>
  );
}
