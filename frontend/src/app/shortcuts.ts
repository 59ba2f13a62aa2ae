import { t } from '@lingui/core/macro';
import { useEffect, useRef } from 'react';
import { Store } from '../viewer/store';

export interface Shortcut {
  /** KeyboardEvent.key values; any of them. "Alt+a" is a chord. */
  keys: readonly string[];
  /** As shown in the map, e.g. "←"; the first key when absent. */
  shown?: string;
  label: string;
  run: (event: KeyboardEvent) => void;
}

export const EVERYWHERE = t`Everywhere`;

interface Group {
  title: string;
  shortcuts: readonly Shortcut[];
}

/** What applies on the present page, in the order of mounting; read by the shortcut map. */
export const shortcutGroups = new Store<{ groups: readonly Group[] }>({ groups: [] });

const CONTROLS_THAT_USE_KEYS =
  'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true], [role=slider], [role=menu], [role=listbox], [role=combobox]';

/** What is pressed, as `Shortcut.keys` has it. */
export function pressed({ key, code, altKey }: Pick<KeyboardEvent, 'key' | 'code' | 'altKey'>) {
  if (!altKey) return key;
  // With Option a Mac types another character; the key's place says which letter it is.
  const letter = /^[a-z]$/i.test(key) ? key : code.replace(/^Key/, '');
  return `Alt+${letter.toLowerCase()}`;
}

/** Typing, an open dialog and browser shortcuts are left alone. */
export function isForPage(event: KeyboardEvent): boolean {
  return !event.altKey && isUnclaimed(event);
}

function isUnclaimed(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest(CONTROLS_THAT_USE_KEYS)) return false;
  return document.querySelector('[role=dialog][aria-modal=true]') === null;
}

/** Makes the shortcuts work while the component is mounted, and lists them under `title`. */
export function useShortcuts(title: string, shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });

  useEffect(() => {
    const group: Group = {
      title,
      get shortcuts() {
        return latest.current;
      },
    };
    const { groups } = shortcutGroups.get();
    shortcutGroups.set({ groups: [...groups, group] });
    const listen = (event: KeyboardEvent) => {
      if (!isUnclaimed(event)) return;
      const found = latest.current.find(({ keys }) => keys.includes(pressed(event)));
      if (!found) return;
      // Enter and space on a focused control keep their own meaning.
      const control = event.target instanceof Element && event.target.closest('button, a, summary');
      if (control && (event.key === 'Enter' || event.key === ' ')) return;
      event.preventDefault();
      found.run(event);
    };
    window.addEventListener('keydown', listen);
    return () => {
      window.removeEventListener('keydown', listen);
      shortcutGroups.set({ groups: shortcutGroups.get().groups.filter((one) => one !== group) });
    };
  }, [title]);
}
