import { Link, type LinkProps } from '@tanstack/react-router';
import classes from './PageTabs.module.css';

interface Props {
  /** For screen readers: the common subject of the pages. */
  label: string;
  tabs: readonly { to: NonNullable<LinkProps['to']>; label: string }[];
}

/** The page is the same whatever its filters are. */
const ACTIVE = { exact: true, includeSearch: false } as const;

/** Tabs of pages that belong together. */
export function PageTabs({ label, tabs }: Props) {
  return (
    <nav className={classes.root} aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.to} to={tab.to} className={classes.tab} activeOptions={ACTIVE}>
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
