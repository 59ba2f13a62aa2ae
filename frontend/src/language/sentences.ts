/** Joins sentences, with a space between them unless they are Chinese. */
export const sentences = (...parts: string[]): string =>
  parts.filter(Boolean).reduce((before, next) => {
    if (!before) return next;
    return /[。！？]$/.test(before) ? before + next : `${before} ${next}`;
  }, '');
