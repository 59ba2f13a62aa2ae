import type { Mask } from '../api/types';

/**
 * The number of a revision for people: its position among those that they may see. A gap in the
 * server's own numbers would reveal to a blind reader that someone else has saved.
 */
export function revisionNumber(
  seen: readonly Pick<Mask, 'revision'>[] | undefined,
  revision: number,
): number {
  if (!seen) return revision;
  return 1 + seen.filter((one) => one.revision < revision).length;
}
