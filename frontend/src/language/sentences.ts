/** Sentences one after the other: with a space between them, which Chinese does not write. */
export const sentences = (...parts: string[]): string =>
  parts.filter(Boolean).reduce((before, next) => {
    if (!before) return next;
    return /[。！？]$/.test(before) ? before + next : `${before} ${next}`;
  }, '');
