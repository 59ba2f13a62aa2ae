import { t } from '@lingui/core/macro';
import { comma, fixed } from '../language/language';
import type { Point } from '../viewer/geometry';
import type { Box } from './box';
import type { LabelMap } from './labelMap';
import type { Lengths } from './lengths';
import { type Part, partsOf } from './parts';
import type { Line, Measurement, Spacing } from './state';

/** The figures of a lesion, as in the pipeline (worker/pipeline/lesions.py). */
export interface LesionMeasure {
  areaPx: number;
  /** In mm²; null if the spacing is unknown. */
  areaMm2: number | null;
  longAxis: Line;
  shortAxis: Line;
  /** Its connected parts, largest first; usually one. */
  parts: readonly Pick<Part, 'area' | 'box'>[];
}

const ORIGIN: Point = { x: 0, y: 0 };

/** A line with its length, using the spacing of each direction. */
export function lineBetween(start: Point, end: Point, spacing: Spacing | null): Line {
  const dx = end.x - start.x;
  const dy = end.y - start.y;
  return {
    start,
    end,
    px: Math.hypot(dx, dy),
    mm: spacing && Math.hypot(dx * spacing.column, dy * spacing.row),
  };
}

/** The same with the frame's scale at the line; without one, the line has the reason, if known. */
export function lineAlong(start: Point, end: Point, lengths: Lengths): Line {
  const { spacing, why } = lengths.along(start, end);
  const line = lineBetween(start, end, spacing);
  return why ? { ...line, why } : line;
}

/** A length in readable form: in mm, or in px with the reason. */
export function lengthText(line: Line): string {
  if (line.mm !== null) return `${fixed(line.mm, 1)} mm`;
  return `${fixed(line.px, 0)} px (${line.why ? t`no length` : t`spacing unknown`})`;
}

/** The value of all lines together, in mm if all of their scales are known. */
interface Figure {
  value: number;
  inMm: boolean;
}

const lengthsOf = (lines: readonly Line[]): Figure['inMm'] => lines.every(({ mm }) => mm !== null);

/** π/4·a·b, in mm² or px². */
export function areaOfAxes(lines: readonly Line[]): Figure {
  const inMm = lengthsOf(lines);
  const [a = 0, b = 0] = lines.map(({ mm, px }) => (inMm ? (mm ?? 0) : px));
  return { value: (Math.PI / 4) * a * b, inMm };
}

/** A prolate ellipsoid, π/6·a·b·c, in mm³ or px³. */
export function volumeOfAxes(lines: readonly Line[]): Figure {
  const inMm = lengthsOf(lines);
  const [a = 0, b = 0, c = 0] = lines.map(({ mm, px }) => (inMm ? (mm ?? 0) : px));
  return { value: (Math.PI / 6) * a * b * c, inMm };
}

/**
 * Degrees between two lines that share their start. The angle is the true one in the body if the
 * scale is known: by the law of cosines in mm, so that rows and columns may differ in scale.
 */
export function angleOf(first: Line, second: Line): number {
  const across = lineBetween(first.end, second.end, spacingOf(first, second));
  const inMm = lengthsOf([first, second, across]);
  const [a = 0, b = 0, c = 0] = [first, second, across].map(({ mm, px }) =>
    inMm ? (mm ?? 0) : px,
  );
  const cosine = (a * a + b * b - c * c) / (2 * a * b);
  return (Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI;
}

/** The scale with which two lines were measured; null if it cannot be derived from them. */
function spacingOf(first: Line, second: Line): Spacing | null {
  if (first.mm === null || second.mm === null) return null;
  const squares = ({ start, end }: Line) => [(end.x - start.x) ** 2, (end.y - start.y) ** 2];
  const [px = 0, py = 0] = squares(first);
  const [qx = 0, qy = 0] = squares(second);
  const [l, m] = [first.mm ** 2, second.mm ** 2];
  const whole = px * qy - qx * py;
  // For parallel lines, the angle is the same at every scale.
  if (Math.abs(whole) < 1e-6) return null;
  const [column, row] = [(l * qy - m * py) / whole, (px * m - qx * l) / whole];
  return row > 0 && column > 0 ? { row: Math.sqrt(row), column: Math.sqrt(column) } : null;
}

export const areaText = ({ value, inMm }: Figure): string =>
  inMm ? `${fixed(value, 0)} mm²` : `${fixed(value, 0)} px²`;

/** A volume in millilitres. */
export const volumeText = ({ value, inMm }: Figure): string =>
  inMm ? t`${fixed(value / 1000, value < 10_000 ? 2 : 1)} mL` : `${fixed(value, 0)} px³`;

/** A measurement in figures, as shown in lists. */
export function measurementText({ kind, lines }: Pick<Measurement, 'kind' | 'lines'>): string {
  const [first, second] = lines;
  if (kind === 'angle' && first && second) return `${fixed(angleOf(first, second), 0)}°`;
  const inMm = lengthsOf(lines);
  const figures = lines.map(({ mm, px }) => (inMm ? fixed(mm ?? 0, 1) : fixed(px, 0)));
  const sizes = `${figures.join(' × ')} ${inMm ? 'mm' : 'px'}`;
  if (kind === 'ellipse') return [sizes, areaText(areaOfAxes(lines))].join(comma());
  return kind === 'volume' ? [sizes, volumeText(volumeOfAxes(lines))].join(comma()) : sizes;
}

/**
 * Area and calipers of a lesion. The long axis is the longest caliper distance, the short axis the
 * longest chord of the convex hull at a right angle to it, both determined in mm if the spacing is
 * known. A pixel extends half a pixel beyond its centre along rows and columns, so a lesion of one
 * pixel is one pixel long. The error is less than 1 px compared with analytic ellipses, and only
 * rounding (0.01 px) compared with the pipeline, unless two caliper distances tie exactly.
 *
 * The area is that of all parts. The axes are those of the part with the longest one: a size never
 * spans a gap.
 * @param box the lesion's bounding box
 * @param spacing mm between pixel centres, or null
 */
export function measureLesion(
  map: LabelMap,
  label: number,
  box: Box,
  spacing: Spacing | null,
): LesionMeasure {
  const sx = spacing?.column ?? 1;
  const sy = spacing?.row ?? 1;
  const parts = partsOf(map, label, box);
  const area = parts.reduce((sum, part) => sum + part.area, 0);
  const diagonal = ({ box: own }: Part) => Math.hypot(own.width * sx, own.height * sy);
  let best = { hull: [] as Point[], start: ORIGIN, end: ORIGIN, length: -1 };
  for (const part of parts.toSorted((a, b) => diagonal(b) - diagonal(a))) {
    // No axis is longer than the diagonal, and the following parts are no larger.
    if (diagonal(part) <= best.length) break;
    const hull = convexHull(part.corners).map(({ x, y }) => ({ x: x * sx, y: y * sy }));
    const [start, end] = farthest(hull);
    const length = Math.hypot(end.x - start.x, end.y - start.y);
    if (length > best.length) best = { hull, start, end, length };
  }
  const { hull, start, end, length } = best;
  const along = { x: (end.x - start.x) / length, y: (end.y - start.y) / length };
  const [low, high] = hull.length > 0 ? longestChord(hull, along) : [ORIGIN, ORIGIN];
  const inPixels = (point: Point) => ({ x: point.x / sx, y: point.y / sy });
  return {
    areaPx: area,
    areaMm2: spacing && area * sx * sy,
    longAxis: lineBetween(inPixels(start), inPixels(end), spacing),
    shortAxis: lineBetween(inPixels(low), inPixels(high), spacing),
    parts: parts.map(({ area: px, box: around }) => ({ area: px, box: around })),
  };
}

/** Corners of the convex hull in order (monotone chain), none of them on a straight edge. */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const chain = (ordered: readonly Point[]) => {
    const kept: Point[] = [];
    for (const point of ordered) {
      while (kept.length >= 2 && !turnsLeft(kept.at(-2) as Point, kept.at(-1) as Point, point)) {
        kept.pop();
      }
      kept.push(point);
    }
    return kept.slice(0, -1);
  };
  return [...chain(sorted), ...chain(sorted.reverse())];
}

function turnsLeft(a: Point, b: Point, c: Point): boolean {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) > 0;
}

function farthest(hull: readonly Point[]): [Point, Point] {
  let best: [Point, Point] = [hull[0] as Point, hull[0] as Point];
  let longest = -1;
  for (let i = 0; i < hull.length; i += 1) {
    for (let j = i + 1; j < hull.length; j += 1) {
      const a = hull[i] as Point;
      const b = hull[j] as Point;
      const squared = (a.x - b.x) ** 2 + (a.y - b.y) ** 2;
      if (squared > longest) {
        longest = squared;
        best = [a, b];
      }
    }
  }
  return best;
}

/**
 * The longest chord at right angles to `along`. The length of such chords is concave along the
 * axis, with bends at the corners of the hull, so the longest one passes through a corner.
 */
function longestChord(hull: readonly Point[], along: Point): [Point, Point] {
  const turned = hull.map(({ x, y }) => ({
    u: x * along.x + y * along.y,
    v: y * along.x - x * along.y,
  }));
  let best = { u: 0, low: 0, high: 0, length: -1 };
  for (const { u } of turned) {
    let low = Infinity;
    let high = -Infinity;
    for (let i = 0; i < turned.length; i += 1) {
      const a = turned[i] as (typeof turned)[number];
      const b = turned[(i + 1) % turned.length] as (typeof turned)[number];
      if (Math.min(a.u, b.u) > u || Math.max(a.u, b.u) < u) continue;
      const part = b.u === a.u ? 0 : (u - a.u) / (b.u - a.u);
      const values = b.u === a.u ? [a.v, b.v] : [a.v + part * (b.v - a.v)];
      low = Math.min(low, ...values);
      high = Math.max(high, ...values);
    }
    if (high - low > best.length) best = { u, low, high, length: high - low };
  }
  const point = (v: number) => ({
    x: best.u * along.x - v * along.y,
    y: best.u * along.y + v * along.x,
  });
  return [point(best.low), point(best.high)];
}
