import type { Point } from './geometry';

export interface Outline {
  /** 1-based, unique in the image. */
  label: number;
  /** Pixel centres as integers: [x, y]. */
  contour: readonly (readonly [number, number])[];
}

/** Colours by label: far apart for each other and from grey, also for colour-blind readers. */
export const LESION_COLOURS = ['#f2b84b', '#5cc8ff', '#e08fd8', '#8fd16a', '#ff8f6b'] as const;

export function lesionColour(label: number): string {
  const index = (label - 1) % LESION_COLOURS.length;
  return LESION_COLOURS[(index + LESION_COLOURS.length) % LESION_COLOURS.length] as string;
}

/** The outline in image coordinates, where the centre of pixel i is i + 0.5. */
export function outlinePoints(outline: Outline): Point[] {
  return outline.contour.map(([x, y]) => ({ x: x + 0.5, y: y + 0.5 }));
}

export function area(points: readonly Point[]): number {
  let twice = 0;
  for (let i = 0; i < points.length; i += 1) {
    const a = points[i] as Point;
    const b = points[(i + 1) % points.length] as Point;
    twice += a.x * b.y - b.x * a.y;
  }
  return Math.abs(twice) / 2;
}

/** Even-odd rule. */
export function contains(points: readonly Point[], at: Point): boolean {
  let inside = false;
  for (let i = 0, j = points.length - 1; i < points.length; j = i, i += 1) {
    const a = points[i] as Point;
    const b = points[j] as Point;
    if (a.y > at.y !== b.y > at.y && at.x < ((b.x - a.x) * (at.y - a.y)) / (b.y - a.y) + a.x) {
      inside = !inside;
    }
  }
  return inside;
}

function distanceToEdge(points: readonly Point[], at: Point): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < points.length; i += 1) {
    const a = points[i] as Point;
    const b = points[(i + 1) % points.length] as Point;
    const dx = b.x - a.x;
    const dy = b.y - a.y;
    const length = dx * dx + dy * dy;
    const t =
      length === 0 ? 0 : Math.max(0, Math.min(1, ((at.x - a.x) * dx + (at.y - a.y) * dy) / length));
    best = Math.min(best, Math.hypot(at.x - a.x - t * dx, at.y - a.y - t * dy));
  }
  return best;
}

/**
 * The lesion at an image point: inside its outline or within `tolerance` image pixels of it.
 * Of several the smallest wins, because the larger one can be reached elsewhere.
 */
export function lesionAt(outlines: readonly Outline[], at: Point, tolerance = 0): number | null {
  let best: { label: number; size: number } | null = null;
  for (const outline of outlines) {
    const points = outlinePoints(outline);
    if (!contains(points, at) && distanceToEdge(points, at) > tolerance) continue;
    const size = area(points);
    if (!best || size < best.size) best = { label: outline.label, size };
  }
  return best?.label ?? null;
}
