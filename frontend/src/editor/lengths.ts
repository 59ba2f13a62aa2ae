import { t } from '@lingui/core/macro';
import type { Point } from '../viewer/geometry';
import { type Box, intersection } from './box';
import type { Spacing } from './state';

/** A part of the frame that shows one thing on one scale. */
export interface ScaleRegion extends Box {
  kind: string;
  /** Null where it is not known, or where rows and columns are no lengths. */
  spacing: Spacing | null;
}

/** The scale along a line, or why it has none. */
export interface Along {
  spacing: Spacing | null;
  /** A sentence for the person; null where the scale is known, or plainly unknown. */
  why: string | null;
}

/** Relative difference up to which two scales are the same one, rounded. */
const AGREE = 0.02;
const PICTURES = new Set(['2-d', 'colour']);
const ACROSS = t`This line crosses parts of the picture that differ in scale, so it has no length.`;
const NO_LENGTHS = t`This part of the picture shows no lengths, so it is not measured in mm.`;

/** What is known of millimetres in a frame, as the pipeline has it (worker/pipeline/frame.py). */
export class Lengths {
  /**
   * @param whole scale of the whole frame; null where it is unknown or differs by region
   * @param regions those of the frame, in the order of the file
   */
  constructor(
    readonly whole: Spacing | null,
    readonly regions: readonly ScaleRegion[] = [],
  ) {}

  /** Something in the frame can be measured in mm. */
  get known(): boolean {
    return this.whole !== null || this.pictures.some((region) => region.spacing !== null);
  }

  /** The scale of what lies in a box; null where the box crosses regions of unlike scale. */
  at(box: Box): Spacing | null {
    if (this.whole) return this.whole;
    const touched = this.pictures.filter((region) => intersection(region, box));
    if (!touched.some((region) => contains(region, box))) return null;
    const first = touched[0]?.spacing ?? null;
    return first && touched.every((one) => same(first, one.spacing)) ? first : null;
  }

  /** The scale along a line between two points. */
  along(start: Point, end: Point): Along {
    const others = this.regions.filter((region) => !PICTURES.has(region.kind));
    const ends = [start, end];
    if (ends.some((point) => others.some((one) => holds(one, point) && !this.inPicture(point)))) {
      return { spacing: null, why: NO_LENGTHS };
    }
    if (this.whole || !this.known) return { spacing: this.whole, why: null };
    const there = this.pictures.filter((region) => ends.some((point) => holds(region, point)));
    const first = there[0]?.spacing ?? null;
    const alike = there.every((region) => alikeScale(first, region.spacing));
    if (!there.length || !ends.every((point) => this.inPicture(point))) {
      return { spacing: null, why: null };
    }
    return alike ? { spacing: first, why: null } : { spacing: null, why: ACROSS };
  }

  private get pictures(): ScaleRegion[] {
    return this.regions.filter((region) => PICTURES.has(region.kind));
  }

  private inPicture(point: Point): boolean {
    return this.pictures.some((region) => holds(region, point));
  }
}

function holds(box: Box, point: Point): boolean {
  return (
    point.x >= box.left &&
    point.x <= box.left + box.width &&
    point.y >= box.top &&
    point.y <= box.top + box.height
  );
}

function contains(outer: Box, inner: Box): boolean {
  return (
    outer.left <= inner.left &&
    outer.top <= inner.top &&
    inner.left + inner.width <= outer.left + outer.width &&
    inner.top + inner.height <= outer.top + outer.height
  );
}

function same(one: Spacing, other: Spacing | null): boolean {
  const near = (a: number, b: number) => Math.abs(a - b) <= AGREE * Math.max(a, b);
  return other !== null && near(one.row, other.row) && near(one.column, other.column);
}

function alikeScale(one: Spacing | null, other: Spacing | null): boolean {
  return one === null ? other === null : same(one, other);
}
