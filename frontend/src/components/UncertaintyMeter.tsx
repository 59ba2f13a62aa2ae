import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { fixed } from '../language/language';
import { Tooltip } from './Tooltip';
import classes from './UncertaintyMeter.module.css';

export type Level = 'low' | 'medium' | 'high';

/** Thirds of the score's range; the reasons, not the level, tell what to look at. */
export function uncertaintyLevel(score: number): Level {
  if (score < 1 / 3) return 'low';
  return score < 2 / 3 ? 'medium' : 'high';
}

const LEVEL_TEXT: Record<Level, string> = { low: t`low`, medium: t`medium`, high: t`high` };

/** The model's uncertainty in three levels, with the figure in the tooltip. */
export function UncertaintyMeter({ score, text = true }: { score: number | null; text?: boolean }) {
  if (score === null) return <span className={classes.none}>–</span>;
  const level = uncertaintyLevel(score);
  const steps = { low: 1, medium: 2, high: 3 }[level];
  return (
    <Tooltip label={t`Uncertainty ${fixed(score, 2)} of 1`}>
      <span className={classes.root} data-level={level}>
        <span className={classes.steps} aria-hidden="true">
          {[1, 2, 3].map((step) => (
            <i key={step} data-on={step <= steps} />
          ))}
        </span>
        <span className={classes.hidden}>
          <Trans>Uncertainty</Trans>{' '}
        </span>
        <span className={text ? undefined : classes.hidden}>{LEVEL_TEXT[level]}</span>
      </span>
    </Tooltip>
  );
}
