import { choices, type EditorClass } from '../../../editor';
import { Store } from '../../../viewer/store';

/** The lesion whose list of classes is open. */
export const classPicker = new Store<{ lesion: number | null }>({ lesion: null });

/** As many classes have a key of their own. */
const MOST_KEYS = 9;

/** Characters that a layout may put on Shift and a digit and that mean something to the page. */
const TAKEN = /^[\d+=\-_<>?/;.,[\]]$/;

/**
 * The class of Shift and a digit, by the place of the key: what the two write differs between
 * layouts. Where they write a character that is a key of the page, that key keeps its meaning.
 */
export function classOfKey(
  event: Pick<KeyboardEvent, 'code' | 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>,
  classes: readonly EditorClass[],
): EditorClass | null {
  if (!event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return null;
  if (TAKEN.test(event.key)) return null;
  return classOfDigit(event.code, classes);
}

/** The class of a digit's key, whatever it writes. */
export function classOfDigit(code: string, classes: readonly EditorClass[]): EditorClass | null {
  const digit = Number(/^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1] ?? 0);
  return choices(classes)[digit - 1] ?? null;
}

/** The key of a class as lists show it; empty where it has none. */
export function keyOfClass(classes: readonly EditorClass[], id: string): string {
  const at = choices(classes).findIndex((one) => one.id === id);
  return at >= 0 && at < MOST_KEYS ? `⇧${at + 1}` : '';
}
