import { Link, type LinkProps } from '@tanstack/react-router';
import classes from './PageTabs.module.css';

interface Props {
  /** Read by screen readers: what the pages have in common. */
  label: string;
  tabs: readonly { to: NonNullable<LinkProps['to']>; label: string }[];
}

/** Pages that belong together, beside each other. */
export function PageTabs({ label, tabs }: Props) {
  return (
    <nav className={classes.root} aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.to} to={tab.to} className={classes.tab} activeOptions={{ exact: true }}>
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
