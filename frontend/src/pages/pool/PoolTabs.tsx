import { t } from '@lingui/core/macro';
import { isAdmin, useUser } from '../../app/session';
import { PageTabs } from '../../components/PageTabs';

const TABS = [
  { to: '/ui/pool', label: t`Overview` },
  { to: '/ui/exports', label: t`Exports` },
  { to: '/ui/imports', label: t`Imports` },
] as const;

/** Tabs for the pool, its exports and imports; only admins move data. */
export function PoolTabs() {
  const user = useUser();
  return isAdmin(user) ? <PageTabs label={t`Training pool`} tabs={TABS} /> : null;
}
