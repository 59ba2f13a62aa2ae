import type { LabelMap } from './labelMap';

/** Numbers of lesion pixels, whatever their labels, by who marked them. */
export interface Overlap {
  a: number;
  b: number;
  both: number;
}

/** @throws RangeError if the two differ in size */
export function overlap(a: LabelMap, b: LabelMap): Overlap {
  if (a.width !== b.width || a.height !== b.height) {
    throw new RangeError('Masks of different frames cannot be compared; load the page again.');
  }
  const counts: Overlap = { a: 0, b: 0, both: 0 };
  for (let i = 0; i < a.data.length; i += 1) {
    if (a.data[i] !== 0) counts[b.data[i] !== 0 ? 'both' : 'a'] += 1;
    else if (b.data[i] !== 0) counts.b += 1;
  }
  return counts;
}
