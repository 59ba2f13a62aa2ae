import { choices, type EditorClass } from '../../../editor';
import { Store } from '../../../viewer/store';

/** The lesion whose list of classes is open. */
export const classPicker = new Store<{ lesion: number | null }>({ lesion: null });

/** The number of classes that have their own key. */
const MOST_KEYS = 9;

/** Characters that a layout may produce for Shift and a digit and that are keys of the page. */
const TAKEN = /^[\d+=\-_<>?/;.,[\]]$/;

/**
 * The class for Shift and a digit, by the position of the key: the character it produces differs
 * between layouts. If that character is a key of the page, it keeps that meaning.
 */
export function classOfKey(
  event: Pick<KeyboardEvent, 'code' | 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>,
  classes: readonly EditorClass[],
): EditorClass | null {
  if (!event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return null;
  if (TAKEN.test(event.key)) return null;
  return classOfDigit(event.code, classes);
}

/** The class for a digit key, whatever character it produces. */
export function classOfDigit(code: string, classes: readonly EditorClass[]): EditorClass | null {
  const digit = Number(/^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1] ?? 0);
  return choices(classes)[digit - 1] ?? null;
}

/** The key of a class as shown in lists; empty if it has none. */
export function keyOfClass(classes: readonly EditorClass[], id: string): string {
  const at = choices(classes).findIndex((one) => one.id === id);
  return at >= 0 && at < MOST_KEYS ? `⇧${at + 1}` : '';
}
