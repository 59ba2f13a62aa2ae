import classes from './Chart.module.css';
import { ChartFrame } from './ChartFrame';
import { ticks, unbroken } from './scale';

interface Props {
  /** What a screen reader says; the figures themselves are in the table beside the plot. */
  label: string;
  /** Of the places along x, evenly spread. */
  categories: readonly string[];
  /** Null where nothing was measured. */
  values: readonly (number | null)[];
  format: (value: number) => string;
  /** Of the axis, where round values need fewer digits. */
  formatTick?: (value: number) => string;
  /** The upper end of the axis at least; shares and Dice end at 1. */
  max?: number;
  height?: number;
}

/** One figure over time. */
export function LineChart(props: Props) {
  const { label, categories, values, format, formatTick = format, max = 0, height = 208 } = props;
  const known = values.filter((value) => value !== null);
  return (
    <ChartFrame
      label={label}
      categories={categories}
      marks={ticks(0, Math.max(max, ...known))}
      formatTick={formatTick}
      height={height}
      note={(index) => <b>{values[index] == null ? '–' : format(values[index])}</b>}
    >
      {({ x, y, top, bottom, pointed }) => (
        <>
          {pointed === null ? null : (
            <line className={classes.guide} x1={x(pointed)} x2={x(pointed)} y1={top} y2={bottom} />
          )}
          {unbroken(values).map((run) => (
            <g key={run[0]?.index}>
              <polyline
                className={classes.line}
                points={run.map((point) => `${x(point.index)},${y(point.value)}`).join(' ')}
              />
              {run.map((point) => (
                <circle
                  key={point.index}
                  className={classes.point}
                  cx={x(point.index)}
                  cy={y(point.value)}
                  r={point.index === pointed ? 4.5 : 2.75}
                />
              ))}
            </g>
          ))}
        </>
      )}
    </ChartFrame>
  );
}
