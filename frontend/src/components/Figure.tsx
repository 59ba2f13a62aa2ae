import type { ReactNode } from 'react';
import classes from './Figure.module.css';

/** A number shown at the top of a page. */
export function Figure(props: { label: string; note?: string; children: ReactNode }) {
  return (
    <div className={classes.root}>
      <dt className={classes.label}>{props.label}</dt>
      <dd className={classes.value}>
        {props.children}
        {props.note ? <span className={classes.note}>{props.note}</span> : null}
      </dd>
    </div>
  );
}

export function FigureRow({ children }: { children: ReactNode }) {
  return <dl className={classes.row}>{children}</dl>;
}
