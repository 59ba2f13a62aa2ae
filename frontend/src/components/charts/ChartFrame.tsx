import { useElementSize } from '@mantine/hooks';
import type { ReactNode } from 'react';
import classes from './Chart.module.css';
import { labelStep, linear } from './scale';
import { usePointed } from './usePointed';

const LEFT = 44;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 24;
const LABEL_PX = 64;

/** Positions in a plot, in CSS px. */
export interface PlotGeometry {
  /** The middle of a category. */
  x: (index: number) => number;
  y: (value: number) => number;
  /** Between the middles of two categories. */
  step: number;
  /** Upper and lower end of the axis. */
  top: number;
  bottom: number;
  /** The category at the pointer. */
  pointed: number | null;
}

interface Props {
  /** The text for screen readers; the figures themselves are in the table next to the plot. */
  label: string;
  /** Names of the positions along x, evenly spread. */
  categories: readonly string[];
  /** Values of the axis, from 0 up. */
  marks: readonly number[];
  formatTick: (value: number) => string;
  height: number;
  /** The marks between the axes. */
  children: (places: PlotGeometry) => ReactNode;
  /** The figures of the category at the pointer. */
  note: (index: number) => ReactNode;
  /** Distance of the note from the middle of its category. */
  noteGap?: (step: number) => number;
}

/** Axes, categories and the note at the pointer: shared by all plots over categories. */
export function ChartFrame(props: Props) {
  const { label, categories, marks, formatTick, height, children, note } = props;
  const { ref, width } = useElementSize<HTMLDivElement>();
  const count = categories.length;
  const { pointed, handlers } = usePointed(count, LEFT, RIGHT);
  const inside = width - LEFT - RIGHT;
  const step = inside / Math.max(1, count);
  const x = (index: number) => LEFT + (index + 0.5) * step;
  const y = linear(0, marks.at(-1) ?? 1, height - BOTTOM, TOP);
  const every = labelStep(count, inside, LABEL_PX);
  const gap = props.noteGap?.(step) ?? 10;

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
          {children({ x, y, step, top: TOP, bottom: height - BOTTOM, pointed })}
        </svg>
      ) : (
        <div style={{ height }} />
      )}
      {pointed === null ? null : (
        <div
          className={classes.note}
          style={
            pointed > count / 2 ? { right: width - x(pointed) + gap } : { left: x(pointed) + gap }
          }
        >
          {categories[pointed]} {note(pointed)}
        </div>
      )}
    </div>
  );
}
