import type { ReactNode } from 'react';
import cards from '../Cards.module.css';
import classes from './Plot.module.css';

interface Props {
  title: string;
  /** One sentence on how to read the plot. */
  note?: string;
  /** The same figures as a table. */
  table?: ReactNode;
  children: ReactNode;
}

/** A plot with its figures next to it. */
export function Plot({ title, note, table, children }: Props) {
  return (
    <section className={classes.root}>
      <h2 className={classes.title}>{title}</h2>
      {note ? <p className={classes.note}>{note}</p> : null}
      <div className={table ? classes.beside : undefined}>
        <div>{children}</div>
        {table}
      </div>
    </section>
  );
}

interface TableProps {
  label: string;
  columns: readonly string[];
  rows: readonly (readonly [string, ...string[]])[];
}

/** Figures of a plot; the first cell of a row names it. */
export function Figures({ label, columns, rows }: TableProps) {
  return (
    <section
      className={columns.length > 3 ? `${classes.figures} ${cards.cards}` : classes.figures}
      data-wide={columns.length > 3 || undefined}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be focusable by keyboard
      tabIndex={0}
    >
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, ...values]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((value, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a cell is identified by its column
                <td key={index} data-label={columns[index + 1]}>
                  {value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
