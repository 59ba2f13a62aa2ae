import { t } from '@lingui/core/macro';
import { Kbd, Modal } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { EVERYWHERE, type Shortcut, shortcutGroups } from '../app/shortcuts';
import classes from './ShortcutMap.module.css';

const keyNames = (shortcut: Shortcut): string[] =>
  shortcut.shown ? shortcut.shown.split(' ') : [shortcut.keys[0] ?? ''];

/** The page's own first; a group without title holds second keys that are shown elsewhere. */
function inOrder<T extends { title: string; shortcuts: readonly Shortcut[] }>(
  groups: readonly T[],
): T[] {
  const titled = groups.filter(({ title, shortcuts }) => title !== '' && shortcuts.length > 0);
  const isGlobal = (group: T) => Number(group.title === EVERYWHERE);
  return titled.sort((a, b) => isGlobal(a) - isGlobal(b));
}

export function ShortcutMap({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { groups } = useSyncExternalStore(shortcutGroups.subscribe, shortcutGroups.get);
  return (
    <Modal opened={opened} onClose={onClose} title={t`Keyboard`} size="lg">
      <div className={classes.groups}>
        {inOrder(groups).map((group) => (
          <section key={group.title}>
            <h3 className={classes.title}>{group.title}</h3>
            <dl className={classes.list}>
              {group.shortcuts.map((shortcut) => (
                <div key={shortcut.label} className={classes.row}>
                  <dt>{shortcut.label}</dt>
                  <dd>
                    {keyNames(shortcut).map((name) => (
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
    </Modal>
  );
}
