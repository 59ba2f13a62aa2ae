import { t } from '@lingui/core/macro';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import classes from './PageHeader.module.css';

export function PageHeader({
  title,
  children,
  actions,
}: {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  useDocumentTitle(t`${title} – Sonoloop`);
  return (
    <header className={classes.root}>
      <div>
        <h1 className={classes.title}>{title}</h1>
        {children ? <p className={classes.lead}>{children}</p> : null}
      </div>
      {actions ? <div className={classes.actions}>{actions}</div> : null}
    </header>
  );
}
