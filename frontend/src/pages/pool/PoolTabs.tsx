import { t } from '@lingui/core/macro';
import { Link } from '@tanstack/react-router';
import { isAdmin, useUser } from '../../app/session';
import classes from './PoolTabs.module.css';

const TABS = [
  { to: '/ui/pool', label: t`Overview` },
  { to: '/ui/exports', label: t`Exports` },
  { to: '/ui/imports', label: t`Imports` },
] as const;

/** What goes into the pool and out of it; only admins move data. */
export function PoolTabs() {
  const user = useUser();
  if (!isAdmin(user)) return null;
  return (
    <nav className={classes.root} aria-label={t`Training pool`}>
      {TABS.map(({ to, label }) => (
        <Link key={to} to={to} className={classes.tab}>
          {label}
        </Link>
      ))}
    </nav>
  );
}
