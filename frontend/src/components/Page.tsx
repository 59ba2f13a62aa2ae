import type { ReactNode } from 'react';
import classes from './Page.module.css';

/** A scrolling page of text width; worklist and viewer have their own layouts. */
export function Page({ children }: { children: ReactNode }) {
  return (
    <div className={classes.scroll}>
      <div className={classes.column}>{children}</div>
    </div>
  );
}
