/** The pressed key: a `KeyboardEvent.key`, preceded by "Alt+" in a chord. */
export function pressed({ key, code, altKey }: Pick<KeyboardEvent, 'key' | 'code' | 'altKey'>) {
  if (!altKey) return key;
  // With Option, a Mac types another character; the key's position gives the letter.
  const letter = /^[a-z]$/i.test(key) ? key : code.replace(/^Key/, '');
  return `Alt+${letter.toLowerCase()}`;
}
