import { currentLanguage } from '../../language/language';
import classes from './Chart.module.css';
import { ChartFrame } from './ChartFrame';
import { ticks } from './scale';

const MAX_BAR_PX = 44;

export interface Series {
  name: string;
  values: readonly number[];
}

interface Props {
  /** The text for screen readers; the figures themselves are in the table next to the plot. */
  label: string;
  categories: readonly string[];
  /** Stacked from below; at most three can be distinguished. */
  series: readonly Series[];
  height?: number;
}

const text = (value: number): string => value.toLocaleString(currentLanguage());
const barWidth = (step: number): number => Math.min(MAX_BAR_PX, step * 0.72);

/** Counts by category, as upright bars in the given order. */
export function BarChart({ label, categories, series, height = 200 }: Props) {
  const totals = categories.map((_, index) =>
    series.reduce((sum, one) => sum + (one.values[index] ?? 0), 0),
  );
  return (
    <>
      {series.length > 1 ? (
        <ul className={classes.legend}>
          {series.map((one, index) => (
            <li key={one.name} data-series={index}>
              {one.name}
            </li>
          ))}
        </ul>
      ) : null}
      <ChartFrame
        label={label}
        categories={categories}
        marks={ticks(0, Math.max(1, ...totals)).filter((mark) => Number.isInteger(mark))}
        formatTick={text}
        height={height}
        noteGap={(step) => barWidth(step) / 2 + 6}
        note={(index) =>
          series.length > 1 ? (
            series.map((one) => (
              <div key={one.name}>
                {one.name} <b>{text(one.values[index] ?? 0)}</b>
              </div>
            ))
          ) : (
            <b>{text(totals[index] ?? 0)}</b>
          )
        }
      >
        {({ x, y, step, pointed }) =>
          categories.map((category, index) => {
            let below = 0;
            return (
              <g key={category}>
                {series.map((one, number) => {
                  const value = one.values[index] ?? 0;
                  const top = y(below + value);
                  const length = y(below) - top;
                  below += value;
                  return (
                    <rect
                      key={one.name}
                      className={classes.bar}
                      data-series={number}
                      data-pointed={index === pointed}
                      x={x(index) - barWidth(step) / 2}
                      y={top}
                      width={barWidth(step)}
                      height={length}
                      rx={length > 3 ? 2 : 0}
                    />
                  );
                })}
              </g>
            );
          })
        }
      </ChartFrame>
    </>
  );
}
