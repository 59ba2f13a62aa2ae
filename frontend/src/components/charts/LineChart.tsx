import { useElementSize } from '@mantine/hooks';
import classes from './Chart.module.css';
import { labelStep, linear, ticks, unbroken } from './scale';
import { usePointed } from './usePointed';

const LEFT = 44;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 24;
const LABEL_PX = 64;

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
export function LineChart({
  label,
  categories,
  values,
  format,
  formatTick = format,
  max = 0,
  height = 208,
}: Props) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const count = categories.length;
  const { pointed, handlers } = usePointed(count, LEFT, RIGHT);
  const known = values.filter((value) => value !== null);
  const marks = ticks(0, Math.max(max, ...known));
  const step = (width - LEFT - RIGHT) / Math.max(1, count);
  const x = (index: number) => LEFT + (index + 0.5) * step;
  const y = linear(0, marks.at(-1) ?? 1, height - BOTTOM, TOP);
  const every = labelStep(count, width - LEFT - RIGHT, LABEL_PX);
  const value = pointed === null ? null : values[pointed];

  return (
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
                {formatTick(mark)}
              </text>
            </g>
          ))}
          {categories.map((category, index) =>
            index % every === 0 ? (
              <text
                key={category}
                className={classes.axis}
                x={x(index)}
                y={height - 6}
                textAnchor="middle"
              >
                {category}
              </text>
            ) : null,
          )}
          {pointed === null ? null : (
            <line
              className={classes.guide}
              x1={x(pointed)}
              x2={x(pointed)}
              y1={TOP}
              y2={height - BOTTOM}
            />
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
        </svg>
      ) : (
        <div style={{ height }} />
      )}
      {pointed === null ? null : (
        <div
          className={classes.note}
          style={
            pointed > count / 2 ? { right: width - x(pointed) + 10 } : { left: x(pointed) + 10 }
          }
        >
          {categories[pointed]} <b>{value === null || value === undefined ? '–' : format(value)}</b>
        </div>
      )}
    </div>
  );
}
