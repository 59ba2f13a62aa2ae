import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { LanguageSelect } from '../language/LanguageSelect';
import { site } from '../language/site';
import classes from './FormCard.module.css';
import { LogoMark } from './Logo';

/** The frame of the pages before sign-in. */
export function FormCard({ title, children }: { title: string; children: ReactNode }) {
  useDocumentTitle(t`${title} – Sonoloop`);
  return (
    <main className={classes.page}>
      <div className={classes.column}>
        <div className={classes.brand}>
          <LogoMark size={40} />
          <span className={classes.wordmark}>
            <Trans>Sonoloop</Trans>
            {site.name ? <span className={classes.site}>{site.name}</span> : null}
          </span>
        </div>
        <div className={classes.card}>
          <h1 className={classes.title}>{title}</h1>
          {children}
        </div>
        <div className={classes.below}>
          <p className={classes.note}>
            <Trans>Research use only – not a medical device</Trans>
          </p>
          <LanguageSelect />
        </div>
      </div>
    </main>
  );
}
