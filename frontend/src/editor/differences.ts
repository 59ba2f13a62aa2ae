import type { Point } from '../viewer/geometry';
import type { Box } from './box';
import { components } from './components';
import { LabelMap, MAX_LABEL } from './labelMap';

export type Side = 'a' | 'b';

/** One connected part in which two people's outlines differ. */
export interface Difference {
  /** 1-based, from top to bottom; its pixels carry this number in `Merge.numbers`. */
  id: number;
  /** `relabelled` is lesion for both, but of another number. */
  kind: 'only-a' | 'only-b' | 'relabelled';
  /**
   * Who differs from the common base here; null without a base. `both` happens only where they
   * give different numbers to pixels that the base had otherwise.
   */
  changedBy: Side | 'both' | null;
  /** In pixels. */
  area: number;
  box: Box;
  /** One of its pixels. */
  at: Point;
}

/**
 * `b` with the numbers of its lesions changed to those of `a` that they overlap most, so that the
 * two can be compared. Each number of `a` goes to one lesion of `b` at most; lesions of `b`
 * without a partner get numbers that neither uses.
 */
export function aligned(a: LabelMap, b: LabelMap): LabelMap {
  const overlaps = new Map<number, number>();
  for (let i = 0; i < a.data.length; i += 1) {
    const [one, other] = [a.data[i] as number, b.data[i] as number];
    if (one === 0 || other === 0) continue;
    overlaps.set(one * 256 + other, (overlaps.get(one * 256 + other) ?? 0) + 1);
  }
  const numbers = new Map<number, number>();
  const taken = new Set<number>();
  const ranked = [...overlaps].sort((x, y) => y[1] - x[1] || x[0] - y[0]);
  for (const [pair] of ranked) {
    const [one, other] = [Math.floor(pair / 256), pair % 256];
    if (numbers.has(other) || taken.has(one)) continue;
    numbers.set(other, one);
    taken.add(one);
  }
  const used = new Set(a.data);
  for (const other of [...new Set(b.data)].sort((x, y) => x - y)) {
    if (other === 0 || numbers.has(other)) continue;
    let free = other;
    if (used.has(free)) for (free = 1; used.has(free) && free < MAX_LABEL; ) free += 1;
    used.add(free);
    numbers.set(other, free);
  }
  const table = Uint8Array.from({ length: 256 }, (_, label) => numbers.get(label) ?? 0);
  return new LabelMap(
    b.width,
    b.height,
    b.data.map((label) => table[label] as number),
  );
}

/**
 * The connected parts (8-connected) in which two maps differ, from top to bottom.
 * @param base what both started from; parts are then also split by who changed them
 */
export function differences(a: LabelMap, b: LabelMap, base: LabelMap | null = null): Difference[] {
  return found(a, b, base).list;
}

const KINDS = ['only-a', 'only-b', 'relabelled'] as const;
const CHANGED = [null, 'a', 'b', 'both'] as const;

function found(
  a: LabelMap,
  b: LabelMap,
  base: LabelMap | null,
): { list: Difference[]; numbers: Int32Array } {
  for (const other of base ? [b, base] : [b]) {
    if (other.width !== a.width || other.height !== a.height) {
      throw new RangeError('Masks of different frames cannot be merged; load the page again.');
    }
  }
  const keyOf = (index: number) => {
    const [one, other] = [a.data[index] as number, b.data[index] as number];
    if (one === other) return 0;
    const kind = other === 0 ? 0 : one === 0 ? 1 : 2;
    const changed = base ? changedSide(base.data[index] as number, one, other) : 0;
    // Lesions that differ do not join either: each is decided for itself.
    return 1 + kind + 3 * changed + 12 * (one * 256 + other);
  };
  const { numbers, found: parts } = components(a.width, a.height, keyOf, true);
  const list = parts.map(({ number, area, box, first }) => {
    const key = (keyOf(first) - 1) % 12;
    return {
      id: number,
      kind: KINDS[key % 3] as Difference['kind'],
      changedBy: CHANGED[Math.floor(key / 3)] as Difference['changedBy'],
      area,
      box,
      at: { x: first % a.width, y: Math.floor(first / a.width) },
    };
  });
  return { list, numbers };
}

/** Index in `CHANGED`. Lesion or not decides; the number only where both say lesion. */
function changedSide(base: number, a: number, b: number): number {
  if (a === 0) return base === 0 ? 2 : 1;
  if (b === 0) return base === 0 ? 1 : 2;
  return base === b ? 1 : base === a ? 2 : 3;
}

/**
 * Two people's maps of one frame on the way to one. With a base, each difference starts out with
 * the side that changed it, so that nobody's work is lost by doing nothing; without, and where
 * both changed, it starts out as `a`.
 */
export class Merge {
  /** `b` with its lesions numbered as in `a`. */
  readonly b: LabelMap;
  readonly differences: readonly Difference[];
  /** `Difference.id` per pixel, 0 where the two agree. */
  readonly numbers: Int32Array;
  private readonly chosen: Side[];
  private readonly map: LabelMap;

  /** @throws RangeError when the sizes differ */
  constructor(
    readonly a: LabelMap,
    b: LabelMap,
    base: LabelMap | null = null,
  ) {
    this.b = aligned(a, b);
    const { list, numbers } = found(a, this.b, base && aligned(a, base));
    this.differences = list;
    this.numbers = numbers;
    this.map = a.clone();
    this.chosen = list.map(() => 'a');
    for (const { id, changedBy } of list) if (changedBy === 'b') this.takeFrom('b', id);
  }

  /** The merged map as chosen so far; a copy. */
  get result(): LabelMap {
    return this.map.clone();
  }

  /** Which side a difference is taken from. */
  sideOf(id: number): Side {
    return this.chosen[id - 1] ?? 'a';
  }

  /** Takes one difference, or all when no id is given, from one side. */
  takeFrom(side: Side, id?: number): void {
    const source = side === 'a' ? this.a : this.b;
    for (let i = 0; i < this.numbers.length; i += 1) {
      const number = this.numbers[i] as number;
      if (number === 0 || (id !== undefined && number !== id)) continue;
      this.map.data[i] = source.data[i] as number;
    }
    if (id === undefined) this.chosen.fill(side);
    else this.chosen[id - 1] = side;
  }

  /** The difference at a pixel, or null where the two agree. */
  at(x: number, y: number): Difference | null {
    if (x < 0 || y < 0 || x >= this.a.width || y >= this.a.height) return null;
    return this.differences[(this.numbers[y * this.a.width + x] as number) - 1] ?? null;
  }
}

/** Pixels of lesion, whatever the numbers, by who marked them. */
export interface Overlap {
  a: number;
  b: number;
  both: number;
}

/** @throws RangeError when the two differ in size */
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
