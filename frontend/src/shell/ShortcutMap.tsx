import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Kbd } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useSyncExternalStore } from 'react';
import { EVERYWHERE } from '../app/commands';
import { namesOf, type Shortcut, shortcutGroups } from '../app/shortcuts';
import { Dialog } from '../components/Dialog';
import classes from './ShortcutMap.module.css';

/** The page's own first; a group without title holds second keys that are shown elsewhere. */
function inOrder<T extends { title: string; shortcuts: readonly Shortcut[] }>(
  groups: readonly T[],
): T[] {
  const titled = groups.filter(({ title, shortcuts }) => title !== '' && shortcuts.length > 0);
  const isGlobal = (group: T) => Number(group.title === EVERYWHERE);
  return titled.sort((a, b) => isGlobal(a) - isGlobal(b));
}

export function ShortcutMap({ onClose }: { onClose: () => void }) {
  const { groups } = useSyncExternalStore(shortcutGroups.subscribe, shortcutGroups.get);
  return (
    <Dialog onClose={onClose} title={t`Keyboard`} size="lg">
      <div className={classes.groups}>
        {inOrder(groups).map((group) => (
          <section key={group.title}>
            <h3 className={classes.title}>{group.title}</h3>
            <dl className={classes.list}>
              {group.shortcuts.map((shortcut) => (
                <div key={shortcut.label} className={classes.row}>
                  <dt>{shortcut.label}</dt>
                  <dd>
                    {namesOf(shortcut).map((name) => (
                      <Kbd key={name} size="sm">
                        {name}
                      </Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <Button
        className={classes.change}
        component={Link}
        to="/ui/keys"
        variant="default"
        onClick={onClose}
      >
        <Trans>Change the keys</Trans>
      </Button>
    </Dialog>
  );
}
