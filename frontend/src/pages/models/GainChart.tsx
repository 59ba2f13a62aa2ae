import { t } from '@lingui/core/macro';
import type { GateCheck } from '../../api/types';
import classes from './EvaluationPage.module.css';
import { fixed } from './figures';
import { figuresOf, NAMES } from './report';

const ROW = 26;
const LEFT = 230;
const WIDTH = 760;

/** Gains in lesion IoU with their intervals: right of the line is better. */
export function GainChart({ checks }: { checks: GateCheck[] }) {
  const rows = checks.flatMap((check) =>
    ['gain', 'loss', 'subgroup'].includes(check.key) &&
    typeof check.value === 'number' &&
    typeof check.low === 'number' &&
    typeof check.high === 'number'
      ? [{ check, value: check.value, low: check.low, high: check.high }]
      : [],
  );
  if (rows.length === 0) return null;
  const most = Math.max(0.02, ...rows.flatMap((row) => [Math.abs(row.low), Math.abs(row.high)]));
  const x = (value: number) => LEFT + ((value / most + 1) / 2) * (WIDTH - LEFT - 20);
  const height = rows.length * ROW + 30;
  const said = rows
    .map(({ check }) => `${check.group ?? NAMES[check.key]} ${figuresOf(check).difference}`)
    .join('; ');
  return (
    <svg
      className={classes.chart}
      viewBox={`0 0 ${WIDTH} ${height}`}
      role="img"
      aria-label={t`Difference in lesion IoU with its 95% confidence interval: ${said}`}
    >
      <line className={classes.axis} x1={x(0)} x2={x(0)} y1={0} y2={height - 22} />
      {[-most, 0, most].map((mark) => (
        <text key={mark} x={x(mark)} y={height - 6} textAnchor="middle">
          {fixed(mark, 3, true)}
        </text>
      ))}
      {rows.map(({ check, value, low, high }, index) => {
        const y = index * ROW + ROW / 2;
        return (
          <g key={`${check.key} ${check.group}`} data-standing={check.standing}>
            <text x={LEFT - 14} y={y + 4} textAnchor="end">
              {check.group ?? NAMES[check.key]}
            </text>
            <line className={classes.interval} x1={x(low)} x2={x(high)} y1={y} y2={y} />
            <circle className={classes.mean} cx={x(value)} cy={y} r={4.5} />
          </g>
        );
      })}
    </svg>
  );
}
