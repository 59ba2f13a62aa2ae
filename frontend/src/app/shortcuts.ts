import { useEffect, useRef } from 'react';
import { pressed } from '../viewer/pressed';
import { Store } from '../viewer/store';
import { COMMANDS, type Command, type CommandId } from './commands';
import { keyName, keysOf, useOwnKeys } from './ownKeys';

export interface Shortcut {
  /** KeyboardEvent.key values; any of them. "Alt+a" is a chord. */
  keys: readonly string[];
  /** As shown in the map; the names of the keys if absent. */
  shown?: string;
  label: string;
  run: (event: KeyboardEvent) => void;
  /** Also works over an open dialog, e.g. for a message shown above it. */
  inDialogs?: boolean;
}

interface Group {
  title: string;
  shortcuts: readonly Shortcut[];
}

/** Shortcuts of the current page, in the order of mounting; read by the shortcut map. */
export const shortcutGroups = new Store<{ groups: readonly Group[] }>({ groups: [] });

const CONTROLS_THAT_USE_KEYS =
  'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true], [role=slider], [role=menu], [role=listbox], [role=combobox]';

/** A handler for a command of the table, with this person's keys. */
export function on(id: CommandId, run: (event: KeyboardEvent) => void): Shortcut {
  const { label, shown }: Command = COMMANDS[id];
  return { keys: keysOf(id), label, run, ...(shown ? { shown } : {}) };
}

/** The same with one more key that cannot be reassigned: an arrow, Space. */
export const and = (shortcut: Shortcut, key: string): Shortcut => ({
  ...shortcut,
  keys: [...shortcut.keys, key],
});

/** The names of a shortcut's keys, for the map. */
export const namesOf = ({ keys, shown }: Pick<Shortcut, 'keys' | 'shown'>): string[] =>
  shown ? shown.split(' ') : keys.map(keyName);

const dialogIsOpen = () => document.querySelector('[role=dialog][aria-modal=true]') !== null;

/** Keys pressed while a dialog was open; Escape may already have closed it. */
const pressedInDialog = new WeakSet<Event>();
window.addEventListener(
  'keydown',
  (event) => {
    if (dialogIsOpen()) pressedInDialog.add(event);
  },
  { capture: true },
);

/** False while typing, while a dialog is open and for browser shortcuts. */
export function isForPage(event: KeyboardEvent): boolean {
  return !event.altKey && isUnclaimed(event);
}

function isUnclaimed(event: KeyboardEvent, inDialogs = false): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest(CONTROLS_THAT_USE_KEYS)) return false;
  return inDialogs || (!pressedInDialog.has(event) && !dialogIsOpen());
}

/** Makes the shortcuts work while the component is mounted, and lists them under `title`. */
export function useShortcuts(title: string, shortcuts: readonly Shortcut[]): void {
  // `on` reads the person's keys at every render.
  useOwnKeys();
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
      const found = latest.current.find(({ keys }) => keys.includes(pressed(event)));
      if (!found || !isUnclaimed(event, found.inDialogs)) return;
      // Enter and Space on a focused control keep their usual meaning.
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
