import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Kbd } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useSyncExternalStore } from 'react';
import { EVERYWHERE } from '../app/commands';
import { namesOf, type Shortcut, shortcutGroups } from '../app/shortcuts';
import { Dialog } from '../components/Dialog';
import classes from './ShortcutMap.module.css';

/**
 * The keys under each title, the page's own first: several parts of a page may add to one title. A
 * group without a title holds alternative keys that are shown elsewhere.
 */
function byTitle(
  groups: readonly { title: string; shortcuts: readonly Shortcut[] }[],
): [title: string, shortcuts: Shortcut[]][] {
  const titled = new Map<string, Shortcut[]>();
  for (const { title, shortcuts } of groups) {
    if (title !== '' && shortcuts.length > 0) {
      titled.set(title, [...(titled.get(title) ?? []), ...shortcuts]);
    }
  }
  const isGlobal = (title: string) => Number(title === EVERYWHERE);
  return [...titled].sort(([a], [b]) => isGlobal(a) - isGlobal(b));
}

export function ShortcutMap({ onClose }: { onClose: () => void }) {
  const { groups } = useSyncExternalStore(shortcutGroups.subscribe, shortcutGroups.get);
  return (
    <Dialog onClose={onClose} title={t`Keyboard`} size="lg">
      <div className={classes.groups}>
        {byTitle(groups).map(([title, shortcuts]) => (
          <section key={title}>
            <h3 className={classes.title}>{title}</h3>
            <dl className={classes.list}>
              {shortcuts.map((shortcut) => (
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
