import { t } from '@lingui/core/macro';
import { PageTabs } from './PageTabs';

const TABS = [
  { to: '/ui/site', label: t`Settings` },
  { to: '/ui/site/storage', label: t`Storage` },
  { to: '/ui/audit', label: t`Audit` },
] as const;

/** Pages about the whole site. */
export function SiteTabs() {
  return <PageTabs label={t`Site`} tabs={TABS} />;
}
