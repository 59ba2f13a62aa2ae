import type { Labels } from '../wire';

/** How one drawing differs from another, in pixels. */
export interface Difference {
  /** Lesion now, background before. */
  added: number;
  /** Background now, lesion before. */
  removed: number;
  /** In another lesion than before. */
  relabelled: number;
  /** Overlap of the lesion pixels of both, 0 to 1; both empty is 1. */
  dice: number;
}

/**
 * Walks the runs of both, so a frame of any size takes microseconds.
 * @throws RangeError if their sizes differ
 */
export function differenceOf(before: Labels, after: Labels): Difference {
  if (before.width !== after.width || before.height !== after.height) {
    throw new RangeError('Only drawings of the same frame can be compared.');
  }
  let [added, removed, relabelled, both] = [0, 0, 0, 0];
  const [a, b] = [before.runs, after.runs];
  let [i, j] = [0, 0];
  let [leftA, leftB] = [a[1] ?? 0, b[1] ?? 0];
  while (i < a.length && j < b.length) {
    const length = Math.min(leftA, leftB);
    const [was, is] = [a[i] as number, b[j] as number];
    if (was === 0 && is !== 0) added += length;
    else if (was !== 0 && is === 0) removed += length;
    else if (was !== 0) {
      both += length;
      if (was !== is) relabelled += length;
    }
    leftA -= length;
    leftB -= length;
    if (leftA === 0) {
      i += 2;
      leftA = a[i + 1] ?? 0;
    }
    if (leftB === 0) {
      j += 2;
      leftB = b[j + 1] ?? 0;
    }
  }
  const sum = 2 * both + added + removed;
  return { added, removed, relabelled, dice: sum === 0 ? 1 : (2 * both) / sum };
}

/** Number of pixels that differ. */
export function differing(before: Labels, after: Labels): number {
  const { added, removed, relabelled } = differenceOf(before, after);
  return added + removed + relabelled;
}
