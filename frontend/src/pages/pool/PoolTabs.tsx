import { t } from '@lingui/core/macro';
import { isAdmin, useUser } from '../../app/session';
import { PageTabs } from '../../components/PageTabs';

const TABS = [
  { to: '/ui/pool', label: t`Overview` },
  { to: '/ui/exports', label: t`Exports` },
  { to: '/ui/imports', label: t`Imports` },
] as const;

/** What goes into the pool and out of it; only admins move data. */
export function PoolTabs() {
  const user = useUser();
  return isAdmin(user) ? <PageTabs label={t`Training pool`} tabs={TABS} /> : null;
}
