import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, useMantineColorScheme } from '@mantine/core';
import {
  IconBox,
  IconChartLine,
  IconDatabase,
  IconFolderCog,
  IconKey,
  IconKeyboard,
  IconLayoutGrid,
  IconMoon,
  IconSettings,
  IconStack2,
  IconSun,
  IconUsers,
} from '@tabler/icons-react';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { type ComponentType, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { SessionUser } from '../api/types';
import { EVERYWHERE } from '../app/commands';
import { goLive, liveState } from '../app/live';
import { keyNameOf, withKey } from '../app/ownKeys';
import { useOwnKeysOfPerson } from '../app/preferences';
import { isAdmin, isReviewer, isSiteAdmin, useUser } from '../app/session';
import { on, useShortcuts } from '../app/shortcuts';
import { undoLast } from '../app/undoToast';
import { LogoMark } from '../components/Logo';
import { lazily } from '../components/lazily';
import { Tooltip } from '../components/Tooltip';
import { site } from '../language/site';
import { withWords } from '../language/withWords';
import { UploadTray } from '../uploads/UploadTray';
import { AccountMenu } from './AccountMenu';
import { ProjectSwitch } from './ProjectSwitch';
import classes from './Shell.module.css';

const ShortcutMap = lazily(
  async () => (await withWords('panels', () => import('./ShortcutMap'))).ShortcutMap,
);

type Target =
  | '/ui/worklist'
  | '/ui/pool'
  | '/ui/effort'
  | '/ui/models'
  | '/ui/tokens'
  | '/ui/project'
  | '/ui/jobs'
  | '/ui/people'
  | '/ui/site';

interface Item {
  to: Target;
  label: string;
  icon: ComponentType<{ size?: number; stroke?: number }>;
  for?: (user: SessionUser | null) => boolean;
  /** Pages that belong to this item although their address is not below its own. */
  also?: readonly string[];
}

const ITEMS: Item[] = [
  { to: '/ui/worklist', label: t`Worklist`, icon: IconLayoutGrid },
  {
    to: '/ui/pool',
    label: t`Pool`,
    icon: IconDatabase,
    for: isReviewer,
    also: ['/ui/exports', '/ui/imports'],
  },
  { to: '/ui/effort', label: t`Effort`, icon: IconChartLine, for: isReviewer },
  { to: '/ui/models', label: t`Models`, icon: IconBox },
  { to: '/ui/tokens', label: t`Tokens`, icon: IconKey },
  { to: '/ui/project', label: t`Project`, icon: IconFolderCog, for: isAdmin },
  { to: '/ui/jobs', label: t`Jobs`, icon: IconStack2, for: isAdmin },
  { to: '/ui/people', label: t`People`, icon: IconUsers, for: isSiteAdmin },
  {
    to: '/ui/site',
    label: t`Site`,
    icon: IconSettings,
    for: isSiteAdmin,
    also: ['/ui/audit'],
  },
];

export function Shell() {
  const user = useUser();
  const [mapOpened, setMapOpened] = useState(false);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { connected } = useSyncExternalStore(liveState.subscribe, liveState.get);
  const dark = colorScheme !== 'light';

  const pathname = useLocation({ select: (location) => location.pathname });

  // On a phone the items scroll sideways, and the item of the open page has to be visible.
  const items = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (!pathname) return;
    const show = () => {
      const here = items.current?.querySelector('[aria-current], [data-within="true"]');
      here?.scrollIntoView({ block: 'nearest', inline: 'center' });
    };
    show();
    window.addEventListener('resize', show);
    return () => window.removeEventListener('resize', show);
  }, [pathname]);

  const userId = user?.id;
  useEffect(() => (userId ? goLive(userId) : undefined), [userId]);

  useOwnKeysOfPerson();
  useShortcuts(EVERYWHERE, [
    on('show-keys', () => setMapOpened(true)),
    { ...on('undo-last', undoLast), inDialogs: true },
  ]);

  return (
    <div className={classes.root}>
      <a href="#main" className={classes.skip}>
        <Trans>Skip to content</Trans>
      </a>
      <nav className={classes.rail} aria-label={t`Main`}>
        <Link to="/ui/worklist" className={classes.brand} aria-label={t`Sonoloop, worklist`}>
          <LogoMark size={30} />
          <span className={classes.wordmark}>
            <Trans>Sonoloop</Trans>
          </span>
        </Link>
        <ProjectSwitch />
        <ul ref={items} className={classes.items}>
          {ITEMS.filter((item) => item.for?.(user) ?? true).map((item) => (
            <li key={item.to}>
              <Link
                to={item.to}
                className={classes.item}
                data-within={item.also?.includes(pathname) ?? false}
                activeOptions={{ includeSearch: false }}
              >
                <item.icon size={20} stroke={1.6} />
                {item.label}
              </Link>
            </li>
          ))}
        </ul>
        <div className={classes.foot}>
          <UploadTray />
          <Tooltip label={withKey(t`Keyboard map`, keyNameOf('show-keys'))} position="right">
            <ActionIcon
              className={classes.keys}
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={t`Keyboard map`}
              onClick={() => setMapOpened(true)}
            >
              <IconKeyboard size={19} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={dark ? t`Light theme` : t`Dark theme`} position="right">
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={dark ? t`Switch to the light theme` : t`Switch to the dark theme`}
              onClick={() => setColorScheme(dark ? 'light' : 'dark')}
            >
              {dark ? <IconSun size={19} stroke={1.6} /> : <IconMoon size={19} stroke={1.6} />}
            </ActionIcon>
          </Tooltip>
          <AccountMenu />
        </div>
      </nav>
      <div className={classes.body}>
        <main id="main" className={classes.main} tabIndex={-1}>
          <Outlet />
        </main>
        <footer className={classes.footer}>
          <span>
            {site.name ? `${site.name} · ` : null}
            <Trans>Research use only – not a medical device</Trans>
          </span>
          <span role="status" className={classes.connection} data-connected={connected}>
            {connected ? t`Live` : t`Reconnecting…`}
          </span>
        </footer>
      </div>
      {mapOpened ? <ShortcutMap onClose={() => setMapOpened(false)} /> : null}
    </div>
  );
}
