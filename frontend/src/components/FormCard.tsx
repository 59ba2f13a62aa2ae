import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { LogoMark } from '../app/Logo';
import classes from './FormCard.module.css';

/** The frame of the pages before sign-in. */
export function FormCard({ title, children }: { title: string; children: ReactNode }) {
  useDocumentTitle(`${title} – Sonoloop`);
  return (
    <main className={classes.page}>
      <div className={classes.column}>
        <div className={classes.brand}>
          <LogoMark size={40} />
          <span className={classes.wordmark}>Sonoloop</span>
        </div>
        <div className={classes.card}>
          <h1 className={classes.title}>{title}</h1>
          {children}
        </div>
        <p className={classes.note}>Research use only – not a medical device</p>
      </div>
    </main>
  );
}
