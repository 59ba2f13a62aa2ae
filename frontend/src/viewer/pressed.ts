/** The key that is pressed: a `KeyboardEvent.key`, with "Alt+" before it in a chord. */
export function pressed({ key, code, altKey }: Pick<KeyboardEvent, 'key' | 'code' | 'altKey'>) {
  if (!altKey) return key;
  // With Option a Mac types another character; the key's place says which letter it is.
  const letter = /^[a-z]$/i.test(key) ? key : code.replace(/^Key/, '');
  return `Alt+${letter.toLowerCase()}`;
}
