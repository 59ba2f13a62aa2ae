import { useElementSize } from '@mantine/hooks';
import classes from './Chart.module.css';
import { linear } from './scale';

const LEFT = 44;
const TOP = 10;
const BOTTOM = 40;
const MOST = 340;
const MARKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

interface Props {
  /** The text for screen readers; the figures themselves are in the table next to the plot. */
  label: string;
  /** Names of the two axes. */
  x: string;
  y: string;
  /** Pairs of values from 0 to 1. */
  points: readonly (readonly [number, number])[];
  format: (value: number) => string;
}

/** Two values of each item plotted against each other, with the line of equal values. */
export function ScatterChart({ label, x: across, y: up, points, format }: Props) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const size = Math.min(width, MOST);
  const x = linear(0, 1, LEFT, size - 12);
  const y = linear(0, 1, size - BOTTOM, TOP);
  return (
    <div ref={ref} className={classes.frame}>
      {width > 0 ? (
        <svg
          width={size}
          height={size}
          viewBox={`0 0 ${size} ${size}`}
          role="img"
          aria-label={label}
        >
          {MARKS.map((mark) => (
            <g key={mark}>
              <line className={classes.grid} x1={x(0)} x2={x(1)} y1={y(mark)} y2={y(mark)} />
              <text className={classes.axis} x={LEFT - 8} y={y(mark) + 4} textAnchor="end">
                {format(mark)}
              </text>
              <text className={classes.axis} x={x(mark)} y={size - BOTTOM + 16} textAnchor="middle">
                {format(mark)}
              </text>
            </g>
          ))}
          <line className={classes.guide} x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
          {points.map(([first, second], index) => (
            <circle
              // biome-ignore lint/suspicious/noArrayIndexKey: a point has no other name
              key={index}
              className={classes.dot}
              cx={x(first)}
              cy={y(second)}
              r={3}
            />
          ))}
          <text className={classes.axis} x={x(0.5)} y={size - 4} textAnchor="middle">
            {across}
          </text>
          <text
            className={classes.axis}
            transform={`translate(10 ${y(0.5)}) rotate(-90)`}
            textAnchor="middle"
          >
            {up}
          </text>
        </svg>
      ) : (
        <div style={{ height: MOST }} />
      )}
    </div>
  );
}
