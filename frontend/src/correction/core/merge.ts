import type { Box } from '../../editor';
import { LabelMap } from '../../editor';

/** Which side's pixels of a region are used. */
export type Take = 'mine' | 'theirs' | 'union' | 'intersection';

/** Two drawings and the revision that both started from, of one size. */
export interface Sides {
  mine: LabelMap;
  theirs: LabelMap;
  /** Empty if they have no common revision. */
  base: LabelMap;
}

/** A place where the two drawings differ. */
export interface Region {
  /** 1-based, in reading order. */
  number: number;
  box: Box;
  onlyMine: number;
  onlyTheirs: number;
  /** In a lesion in both, but a different one. */
  relabelled: number;
  /**
   * The side that changed the base here, if only one did: a merge of text would choose that side
   * automatically. Null if both did, so that a person has to decide.
   */
  suggested: Take | null;
}

export interface Regions {
  found: Region[];
  /** Number of the region per pixel; 0 where the drawings agree. */
  numbers: Int32Array;
}

/** Differences closer than this belong together: a shifted outline is one decision, not forty. */
const REACH = 2;

/** The regions in which two drawings differ. Lesion numbers are compared after `alignLesions`. */
export function regionsOf({ mine, theirs, base }: Sides): Regions {
  const { width, height } = mine;
  const differs = (index: number) => mine.data[index] !== theirs.data[index];
  const numbers = new Int32Array(width * height);
  const found: Region[] = [];
  const stack: number[] = [];
  for (let start = 0; start < numbers.length; start += 1) {
    if (!differs(start) || numbers[start] !== 0) continue;
    const number = found.length + 1;
    const counts = { onlyMine: 0, onlyTheirs: 0, relabelled: 0 };
    let [byMe, byThem] = [false, false];
    let [left, right, bottom] = [width, 0, 0];
    numbers[start] = number;
    stack.push(start);
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      const x = index % width;
      const y = (index - x) / width;
      left = Math.min(left, x);
      right = Math.max(right, x);
      bottom = Math.max(bottom, y);
      if (theirs.data[index] === 0) counts.onlyMine += 1;
      else if (mine.data[index] === 0) counts.onlyTheirs += 1;
      else counts.relabelled += 1;
      if (mine.data[index] !== base.data[index]) byMe = true;
      if (theirs.data[index] !== base.data[index]) byThem = true;
      for (let dy = -REACH; dy <= REACH; dy += 1) {
        if (y + dy < 0 || y + dy >= height) continue;
        for (let dx = -REACH; dx <= REACH; dx += 1) {
          if (x + dx < 0 || x + dx >= width) continue;
          const next = index + dy * width + dx;
          if (numbers[next] !== 0 || !differs(next)) continue;
          numbers[next] = number;
          stack.push(next);
        }
      }
    }
    const top = Math.floor(start / width);
    found.push({
      number,
      box: { top, left, width: right - left + 1, height: bottom - top + 1 },
      ...counts,
      suggested: byMe && byThem ? null : byMe ? 'mine' : 'theirs',
    });
  }
  return { found, numbers };
}

/** Pixels of a region that a merge gives to two lesions that may not share them. */
export interface Overlap {
  region: number;
  /** Lesion numbers of the two sides. */
  mine: number;
  theirs: number;
  pixels: number;
}

export const overlapKey = (region: number, mine: number, theirs: number): string =>
  `${region} ${mine} ${theirs}`;

/**
 * The pixels that, if both drawings are combined, one gives to a lesion of a different class than
 * the other; the largest overlap of a region first.
 * @param apart whether the lesions with these numbers, mine and theirs, have different classes
 */
export function overlapsOf(
  { mine, theirs }: Sides,
  regions: Regions,
  takes: ReadonlyMap<number, Take>,
  apart: (mine: number, theirs: number) => boolean,
): Overlap[] {
  const found = new Map<string, Overlap>();
  regions.numbers.forEach((region, index) => {
    const take = takes.get(region);
    if (region === 0 || (take !== 'union' && take !== 'intersection')) return;
    const [one, other] = [mine.data[index] as number, theirs.data[index] as number];
    if (one === 0 || other === 0 || one === other || !apart(one, other)) return;
    const key = overlapKey(region, one, other);
    const overlap = found.get(key) ?? { region, mine: one, theirs: other, pixels: 0 };
    overlap.pixels += 1;
    found.set(key, overlap);
  });
  return [...found.values()].sort((a, b) => a.region - b.region || b.pixels - a.pixels);
}

/**
 * The merged drawing: the common part, and the chosen side in each region.
 * @param takes by region number; a region without one stays as in mine
 * @param toTheirs keys of overlaps whose pixels their lesion keeps; my lesion keeps the others
 */
export function merged(
  { mine, theirs }: Sides,
  regions: Regions,
  takes: ReadonlyMap<number, Take>,
  toTheirs: ReadonlySet<string> = new Set(),
) {
  const data = mine.data.slice();
  for (let index = 0; index < data.length; index += 1) {
    const number = regions.numbers[index] as number;
    if (number === 0) continue;
    const take = takes.get(number) ?? 'mine';
    const [one, other] = [mine.data[index] as number, theirs.data[index] as number];
    const shared = one !== 0 && other !== 0 && (take === 'union' || take === 'intersection');
    data[index] =
      shared && toTheirs.has(overlapKey(number, one, other)) ? other : taken(take, one, other);
  }
  return new LabelMap(mine.width, mine.height, data);
}

function taken(take: Take, mine: number, theirs: number): number {
  if (take === 'theirs') return theirs;
  if (take === 'union') return mine || theirs;
  if (take === 'intersection') return mine !== 0 && theirs !== 0 ? mine : 0;
  return mine;
}
