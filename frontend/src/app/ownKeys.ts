import { t } from '@lingui/core/macro';
import { useSyncExternalStore } from 'react';
import { Store } from '../viewer/store';
import { COMMANDS, type Command, type CommandId, type Room } from './commands';

/** Keys by command, as a person chose them; null: no key. */
export type OwnKeys = Readonly<Record<string, string | null>>;

const store = new Store<{ keys: OwnKeys }>({ keys: {} });

export const setOwnKeys = (keys: OwnKeys): void => store.set({ keys });

/** Re-renders the component when the person's keys are known or change. */
export const useOwnKeys = (): OwnKeys => useSyncExternalStore(store.subscribe, store.get).keys;

const byId: Readonly<Record<string, Command>> = COMMANDS;

/** A command not in this table belongs to the editor. */
const roomsOf = (id: string): readonly Room[] => byId[id]?.rooms ?? ['image'];

/** A single character, or one with Alt: what a person may choose. Other keys are fixed. */
export const canBeChosen = (key: string): boolean =>
  [...key].length === 1 ? key !== ' ' : key.startsWith('Alt+');

export interface Bound {
  id: string;
  keys: readonly string[];
  fixed?: boolean | undefined;
}

/** The keys of a command for this person: their own key replaces those that can be chosen. */
export function keysNow({ id, keys, fixed }: Bound, own: OwnKeys = store.get().keys): string[] {
  const chosen = fixed ? undefined : own[id];
  if (chosen !== undefined) {
    const staying = keys.filter((key) => !canBeChosen(key));
    return chosen === null ? staying : [chosen, ...staying];
  }
  // A default key added in a later version yields to a key that the person chose earlier.
  return keys.filter((key) => !canBeChosen(key) || takenBy(key, id, own) === null);
}

function takenBy(key: string, id: string, own: OwnKeys): string | null {
  const rooms = roomsOf(id);
  const found = Object.entries(own).find(
    ([other, chosen]) =>
      chosen === key && other !== id && roomsOf(other).some((room) => rooms.includes(room)),
  );
  return found?.[0] ?? null;
}

export const keysOf = (id: CommandId): string[] => keysNow({ id, ...COMMANDS[id] });

const MOD = 'Mod+';

const NAMES: Readonly<Record<string, string>> = {
  ' ': t`Space`,
  Escape: t`Esc`,
  Delete: t`Del`,
  Enter: 'Enter',
  Backspace: '⌫',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  PageDown: t`PgDn`,
  PageUp: t`PgUp`,
  Home: t`Home`,
  End: t`End`,
  '-': '−',
};

/** A key as displayed by the pages: "⇧a", "Alt+z", "←". */
export function keyName(key: string): string {
  const at = key.lastIndexOf('+');
  if (at > 0) {
    const held = key.startsWith(MOD) ? t`Ctrl` : key.slice(0, at);
    return `${held}+${keyName(key.slice(at + 1))}`;
  }
  if (NAMES[key]) return NAMES[key];
  const isCapital = [...key].length === 1 && key !== key.toLowerCase();
  return isCapital ? `⇧${key.toLowerCase()}` : key;
}

/** A key in the format of `aria-keyshortcuts`. */
export function ariaKey(key: string): string {
  if (key === ' ') return 'Space';
  if (key.startsWith(MOD)) return `Control+${key.slice(MOD.length)}`;
  const isCapital = [...key].length === 1 && key !== key.toLowerCase();
  return isCapital ? `Shift+${key}` : key;
}

/** The first key of a command as shown in tooltips; empty if it has none. */
export const keyNameOf = (id: CommandId): string => keyName(keysOf(id)[0] ?? '');

/** A label with its key, if it has one: "Search (/)". */
export const withKey = (label: string, name: string): string =>
  name ? `${label} (${name})` : label;
