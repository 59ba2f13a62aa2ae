import { useElementSize } from '@mantine/hooks';
import classes from './Chart.module.css';
import { labelStep, linear, ticks } from './scale';
import { usePointed } from './usePointed';

const LEFT = 44;
const RIGHT = 8;
const TOP = 10;
const BOTTOM = 24;
const LABEL_PX = 60;
const MAX_BAR_PX = 44;

export interface Series {
  name: string;
  values: readonly number[];
}

interface Props {
  /** What a screen reader says; the figures themselves are in the table beside the plot. */
  label: string;
  categories: readonly string[];
  /** Stacked from below; at most three can be told apart. */
  series: readonly Series[];
  height?: number;
}

const text = (value: number): string => value.toLocaleString('en');

/** Counts by category, as upright bars in the given order. */
export function BarChart({ label, categories, series, height = 200 }: Props) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const count = categories.length;
  const { pointed, handlers } = usePointed(count, LEFT, RIGHT);
  const totals = categories.map((_, index) =>
    series.reduce((sum, one) => sum + (one.values[index] ?? 0), 0),
  );
  const marks = ticks(0, Math.max(1, ...totals)).filter((mark) => Number.isInteger(mark));
  const step = (width - LEFT - RIGHT) / Math.max(1, count);
  const bar = Math.min(MAX_BAR_PX, step * 0.72);
  const x = (index: number) => LEFT + (index + 0.5) * step;
  const y = linear(0, marks.at(-1) ?? 1, height - BOTTOM, TOP);
  const every = labelStep(count, width - LEFT - RIGHT, LABEL_PX);

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
      <div ref={ref} className={classes.frame}>
        {width > 0 ? (
          <svg
            className={classes.svg}
            height={height}
            viewBox={`0 0 ${width} ${height}`}
            role="img"
            aria-label={label}
            {...handlers}
          >
            {marks.map((mark) => (
              <g key={mark}>
                <line
                  className={classes.grid}
                  x1={LEFT}
                  x2={width - RIGHT}
                  y1={y(mark)}
                  y2={y(mark)}
                />
                <text className={classes.axis} x={LEFT - 8} y={y(mark) + 4} textAnchor="end">
                  {text(mark)}
                </text>
              </g>
            ))}
            {categories.map((category, index) => {
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
                        x={x(index) - bar / 2}
                        y={top}
                        width={bar}
                        height={length}
                        rx={length > 3 ? 2 : 0}
                      />
                    );
                  })}
                  {index % every === 0 ? (
                    <text className={classes.axis} x={x(index)} y={height - 6} textAnchor="middle">
                      {category}
                    </text>
                  ) : null}
                </g>
              );
            })}
          </svg>
        ) : (
          <div style={{ height }} />
        )}
        {pointed === null ? null : (
          <div
            className={classes.note}
            style={
              pointed > count / 2
                ? { right: width - x(pointed) + bar / 2 + 6 }
                : { left: x(pointed) + bar / 2 + 6 }
            }
          >
            {categories[pointed]}{' '}
            {series.length > 1 ? (
              series.map((one) => (
                <div key={one.name}>
                  {one.name} <b>{text(one.values[pointed] ?? 0)}</b>
                </div>
              ))
            ) : (
              <b>{text(totals[pointed] ?? 0)}</b>
            )}
          </div>
        )}
      </div>
    </>
  );
}
