import { t } from '@lingui/core/macro';
import { COMMANDS, type Command } from '../../app/commands';
import { canBeChosen, keysNow, type OwnKeys } from '../../app/ownKeys';
import { KEYMAP } from '../../editor';
import { pressed } from '../../viewer/pressed';

export interface Entry extends Command {
  id: string;
}

/** Every command that a person can use, including the editor's. */
export const ALL: readonly Entry[] = [
  ...Object.entries<Command>(COMMANDS).map(([id, command]) => ({ id, ...command })),
  ...KEYMAP.filter(({ shown }) => shown !== '').map(({ command, description, ...rest }) => ({
    id: command,
    label: description,
    rooms: ['image'] as const,
    ...rest,
  })),
];

/** Part of another key, or of an unfinished character. */
const NO_KEY = /^(Shift|Control|Alt|Meta|AltGraph|CapsLock|Dead|Process)$/;

/** The chosen key, why it cannot be chosen, or null if the input is not finished. */
export type Choice = { key: string } | { refused: string } | null;

type Press = Pick<
  KeyboardEvent,
  'key' | 'code' | 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'isComposing'
>;

/** The key that a press assigns to a command, if nothing prevents it. */
export function choiceOf(event: Press, of: Entry, own: OwnKeys): Choice {
  if (NO_KEY.test(event.key) || event.isComposing) return null;
  if (event.ctrlKey || event.metaKey) {
    return { refused: t`The browser keeps combinations with Ctrl and ⌘ for itself.` };
  }
  const key = pressed(event);
  if (event.altKey && !/^Alt\+[a-z]$/.test(key)) {
    return { refused: t`With Alt, only letters can be chosen.` };
  }
  if (!canBeChosen(key)) {
    return {
      refused: t`Only letters, digits and symbols can be chosen, alone, with ⇧ or with Alt.`,
    };
  }
  if (event.shiftKey && !event.altKey && /^Digit[1-9]$/.test(event.code)) {
    return { refused: t`⇧ and a digit give a lesion its class.` };
  }
  if (of.decides && !event.altKey) {
    return {
      refused: t`This command affects other people. It needs Alt, so that nobody runs it by accident.`,
    };
  }
  const other = holderOf(key, of, own);
  if (other) {
    const { label } = other;
    return { refused: t`“${label}” already uses this key. Change its key first.` };
  }
  return { key };
}

/** The command that has a key in a place where `of` works too. */
export function holderOf(key: string, of: Entry, own: OwnKeys): Entry | null {
  const meets = (other: Entry) => other.rooms.some((room) => of.rooms.includes(room));
  return (
    ALL.find((other) => other.id !== of.id && meets(other) && keysNow(other, own).includes(key)) ??
    null
  );
}

/** Its default keys; refused if another command has one of them now. */
export function withoutOwn(of: Entry, own: OwnKeys): { own: OwnKeys } | { refused: string } {
  const { [of.id]: _, ...rest } = own;
  const chosen = of.keys.filter(canBeChosen);
  const other = chosen.map((key) => holderOf(key, of, rest)).find((one) => one !== null);
  if (!other) return { own: rest };
  const { label } = other;
  return { refused: t`“${label}” already uses this key. Change its key first.` };
}
