import { t } from '@lingui/core/macro';
import type { Point } from '../viewer/geometry';
import { type Box, intersection } from './box';
import type { Spacing } from './state';

/** A part of the frame that shows one thing on one scale. */
export interface ScaleRegion extends Box {
  kind: string;
  /** Null if it is unknown, or if rows and columns are not lengths. */
  spacing: Spacing | null;
}

/** The scale along a line, or the reason why there is none. */
export interface Along {
  spacing: Spacing | null;
  /** A sentence for the person; null if the scale is known, or simply unknown. */
  why: string | null;
}

/** Relative difference up to which two scales count as equal, because of rounding. */
const AGREE = 0.02;
const PICTURES = new Set(['2-d', 'colour']);
/** They hide a picture underneath; a trace of the heart is drawn over one. */
const COVERING = new Set(['m-mode', 'spectral']);
const ACROSS = t`This line goes from one part of the picture to another, so it has no length.`;
const NO_LENGTHS = t`This part of the picture shows no lengths, so it is not measured in mm.`;

/** The known scales of a frame, as in the pipeline (worker/pipeline/frame.py). */
export class Lengths {
  /**
   * @param whole scale of the whole frame; null if it is unknown or differs by region
   * @param regions the regions of the frame, in the order of the file
   */
  constructor(
    readonly whole: Spacing | null,
    readonly regions: readonly ScaleRegion[] = [],
  ) {}

  /** Whether anything in the frame can be measured in mm. */
  get known(): boolean {
    return this.whole !== null || this.pictures.some((region) => region.spacing !== null);
  }

  /**
   * The scale in a box; null if the box is not in a picture, extends from one picture to another,
   * or touches a region that is not measured in mm.
   */
  at(box: Box): Spacing | null {
    const touched = this.pictures.filter((region) => shared(region, box) > 0);
    const inside = touched.some((region) => contains(region, box));
    const unmeasured = this.regions.filter(
      (one) => !PICTURES.has(one.kind) && (COVERING.has(one.kind) || !inside),
    );
    if (unmeasured.some((one) => shared(one, box) > 0)) return null;
    if (!inside && touched.some((one) => touched.some((other) => apart(one, other)))) return null;
    if (this.whole) return this.whole;
    if (!inside) return null;
    const first = touched[0]?.spacing ?? null;
    return first && touched.every((one) => same(first, one.spacing)) ? first : null;
  }

  /** The scale along a line between two points. */
  along(start: Point, end: Point): Along {
    const ends = [start, end];
    if (ends.some((point) => this.unmeasured(point))) return { spacing: null, why: NO_LENGTHS };
    const [here, there] = ends.map((point) => this.pictures.filter((one) => holds(one, point)));
    const both = [...(here ?? []), ...(there ?? [])];
    const first = both[0]?.spacing ?? null;
    const alike = both.every((region) => alikeScale(first, region.spacing));
    const joined = here?.some((one) => there?.some((other) => !apart(one, other)));
    if (here?.length && there?.length && !joined) return { spacing: null, why: ACROSS };
    if (this.whole || !this.known) return { spacing: this.whole, why: null };
    if (!here?.length || !there?.length) return { spacing: null, why: null };
    return alike ? { spacing: first, why: null } : { spacing: null, why: ACROSS };
  }

  /** Whether rows or columns are not lengths at a point. */
  private unmeasured(point: Point): boolean {
    return this.regions.some(
      ({ kind, ...box }) =>
        !PICTURES.has(kind) && holds(box, point) && (COVERING.has(kind) || !this.inPicture(point)),
    );
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

/** Number of pixels in both. */
function shared(one: Box, other: Box): number {
  const both = intersection(one, other);
  return both ? both.width * both.height : 0;
}

function contains(outer: Box, inner: Box): boolean {
  return shared(outer, inner) === inner.width * inner.height;
}

/** Whether two regions are separate pictures: colour flow is drawn over its tissue. */
function apart(one: Box, other: Box): boolean {
  const smaller = Math.min(one.width * one.height, other.width * other.height);
  return 2 * shared(one, other) < smaller;
}

function same(one: Spacing, other: Spacing | null): boolean {
  const near = (a: number, b: number) => Math.abs(a - b) <= AGREE * Math.max(a, b);
  return other !== null && near(one.row, other.row) && near(one.column, other.column);
}

function alikeScale(one: Spacing | null, other: Spacing | null): boolean {
  return one === null ? other === null : same(one, other);
}
