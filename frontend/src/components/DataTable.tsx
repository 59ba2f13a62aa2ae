import { Trans } from '@lingui/react/macro';
import { type ReactNode, useLayoutEffect, useRef } from 'react';
import classes from './DataTable.module.css';

interface Props {
  /** For screen readers, instead of a visible caption. */
  label: string;
  columns: readonly string[];
  /** The page's own style lays out the rows on narrow screens; otherwise columns become lines. */
  ownRows?: boolean;
  children: ReactNode;
}

/** The plain table of the administration pages; on narrow screens each row is a card. */
export function DataTable({ label, columns, ownRows, children }: Props) {
  const table = useRef<HTMLTableElement>(null);
  // The pages supply the cells; only this component knows the column of each.
  useLayoutEffect(() => {
    for (const row of table.current?.tBodies[0]?.rows ?? []) {
      for (const [index, cell] of [...row.cells].entries()) {
        const column = columns[index];
        if (index > 0 && column && cell.colSpan === 1) cell.dataset.label = column;
      }
    }
  });
  return (
    <section
      className={classes.frame}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be focusable by keyboard
      tabIndex={0}
    >
      <table ref={table} className={classes.table} data-own={ownRows || undefined}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column || (
                  <span className={classes.hidden}>
                    <Trans>Actions</Trans>
                  </span>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
