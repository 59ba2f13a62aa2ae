import classes from './Chart.module.css';
import { ChartFrame } from './ChartFrame';
import { ticks, unbroken } from './scale';

interface Props {
  /** The text for screen readers; the figures themselves are in the table next to the plot. */
  label: string;
  /** Names of the positions along x, evenly spread. */
  categories: readonly string[];
  /** Null if nothing was measured. */
  values: readonly (number | null)[];
  format: (value: number) => string;
  /** Text of a tick of the axis, if round values need fewer digits. */
  formatTick?: (value: number) => string;
  /** The minimum upper end of the axis; fractions and Dice end at 1. */
  max?: number;
  height?: number;
  /** Another figure on the same axis, and the names of both. */
  second?: { names: readonly [string, string]; values: readonly (number | null)[] };
}

/** One figure over time, or two. */
export function LineChart(props: Props) {
  const { label, categories, values, format, formatTick = format, max = 0, height = 208 } = props;
  const { second } = props;
  const lines = [
    { name: second?.names[0] ?? label, values },
    ...(second ? [{ name: second.names[1], values: second.values }] : []),
  ];
  const known = lines.flatMap((line) => line.values).filter((value) => value !== null);
  const at = (line: number, index: number) => {
    const value = lines[line]?.values[index];
    return <b>{value == null ? '–' : format(value)}</b>;
  };
  return (
    <>
      {second ? (
        <ul className={classes.legend}>
          {second.names.map((name, line) => (
            <li key={name} data-series={line}>
              {name}
            </li>
          ))}
        </ul>
      ) : null}
      <ChartFrame
        label={label}
        categories={categories}
        marks={ticks(0, Math.max(max, ...known))}
        formatTick={formatTick}
        height={height}
        note={(index) =>
          second
            ? second.names.map((name, line) => (
                <div key={name}>
                  {name} {at(line, index)}
                </div>
              ))
            : at(0, index)
        }
      >
        {({ x, y, top, bottom, pointed }) => (
          <>
            {pointed === null ? null : (
              <line
                className={classes.guide}
                x1={x(pointed)}
                x2={x(pointed)}
                y1={top}
                y2={bottom}
              />
            )}
            {lines.flatMap((line, number) =>
              unbroken(line.values).map((run) => (
                <g key={`${line.name} ${run[0]?.index}`}>
                  <polyline
                    className={classes.line}
                    data-series={number}
                    points={run.map((point) => `${x(point.index)},${y(point.value)}`).join(' ')}
                  />
                  {run.map((point) => (
                    <circle
                      key={point.index}
                      className={classes.point}
                      data-series={number}
                      cx={x(point.index)}
                      cy={y(point.value)}
                      r={point.index === pointed ? 4.5 : 2.75}
                    />
                  ))}
                </g>
              )),
            )}
          </>
        )}
      </ChartFrame>
    </>
  );
}
