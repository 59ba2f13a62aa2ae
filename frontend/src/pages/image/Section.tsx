import type { ReactNode } from 'react';
import classes from './SidePanel.module.css';

/** A titled part of the side panel. */
export function Section(props: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section}>
      <header className={classes.head}>
        <h2 className={classes.title}>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}
