import { Trans } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import classes from './DataTable.module.css';

interface Props {
  /** Read by screen readers in place of a visible caption. */
  label: string;
  columns: readonly string[];
  children: ReactNode;
}

/** The plain table of the administration pages; scrolls sideways on a narrow screen. */
export function DataTable({ label, columns, children }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must take the keyboard
    <section className={classes.frame} aria-label={label} tabIndex={0}>
      <table className={classes.table}>
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
