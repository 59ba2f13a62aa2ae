import { distance, type Point } from '../viewer/geometry';
import type { Box } from './box';
import { type Coverage, enclosed } from './coverage';
import type { LabelMap } from './labelMap';

// The boundary of a lesion as closed lines with points that a person can drag. Between two points a
// line follows the pixels exactly until one of the two is moved; then it is straight. Parts that
// nobody touched stay unchanged to the pixel.

/** Maximum distance of handles from the boundary, in image pixels; lines between are exact. */
const TOLERANCE = 2;
const FEWEST = 4;

export interface Ring {
  /** The points that a person drags. */
  readonly handles: readonly Point[];
  /** Corners on the path from each handle to the next; none if the line is straight. */
  readonly paths: readonly (readonly Point[])[];
  /** Whether it encloses a hole. */
  readonly hole: boolean;
}

/** All corners, handles included. */
export function outlineOf({ handles, paths }: Ring): Point[] {
  return handles.flatMap((handle, i) => [handle, ...(paths[i] ?? [])]);
}

/** The pixels that a ring encloses, limited to the map. */
export function filled(ring: Ring): Coverage {
  return enclosed(outlineOf(ring));
}

/** Whether both sets contain the same pixels of the map. */
export function sameWithin(area: Box, a: Coverage, b: Coverage): boolean {
  const left = Math.max(area.left, Math.min(a.box.left, b.box.left));
  const top = Math.max(area.top, Math.min(a.box.top, b.box.top));
  const right = Math.min(
    area.left + area.width,
    Math.max(a.box.left + a.box.width, b.box.left + b.box.width),
  );
  const bottom = Math.min(
    area.top + area.height,
    Math.max(a.box.top + a.box.height, b.box.top + b.box.height),
  );
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) if (holds(a, x, y) !== holds(b, x, y)) return false;
  }
  return true;
}

/** Whether a pixel belongs to the set. */
export function holds({ box, inside }: Coverage, x: number, y: number): boolean {
  const column = x - box.left;
  const row = y - box.top;
  if (column < 0 || row < 0 || column >= box.width || row >= box.height) return false;
  return inside[row * box.width + column] === 1;
}

/**
 * The boundaries of a lesion, one for each of its 8-connected parts and for each hole.
 * @param box the lesion's bounding box
 */
export function ringsOf(map: LabelMap, label: number, box: Box): Ring[] {
  return boundaries(map, label, box).map(withHandles);
}

const STEPS: readonly Point[] = [
  { x: 1, y: 0 },
  { x: 0, y: 1 },
  { x: -1, y: 0 },
  { x: 0, y: -1 },
];

/**
 * Corners of each boundary along pixel edges, with the lesion on the right.
 * @param box contains all pixels of the lesion
 */
export function boundaries(map: LabelMap, label: number, box: Box): Point[][] {
  const stride = map.width + 1;
  // Directions that leave a corner, as bits; two only if parts touch at it.
  const leaving = new Map<number, number>();
  const add = (x: number, y: number, direction: number) => {
    const key = y * stride + x;
    leaving.set(key, (leaving.get(key) ?? 0) | (1 << direction));
  };
  for (let y = box.top; y < box.top + box.height; y += 1) {
    for (let x = box.left; x < box.left + box.width; x += 1) {
      if (map.at(x, y) !== label) continue;
      if (map.at(x, y - 1) !== label) add(x, y, 0);
      if (map.at(x + 1, y) !== label) add(x + 1, y, 1);
      if (map.at(x, y + 1) !== label) add(x + 1, y + 1, 2);
      if (map.at(x - 1, y) !== label) add(x, y + 1, 3);
    }
  }
  const rings: Point[][] = [];
  for (const start of leaving.keys()) {
    while ((leaving.get(start) ?? 0) !== 0) rings.push(walk(leaving, stride, start));
  }
  return rings;
}

function walk(leaving: Map<number, number>, stride: number, start: number): Point[] {
  const corners: Point[] = [];
  let at = start;
  let before = -1;
  do {
    const open = leaving.get(at) ?? 0;
    // Left first: parts that touch at a corner are one part.
    const turns = before < 0 ? [0, 1, 2, 3] : [before + 3, before, before + 1].map((d) => d % 4);
    const next = turns.find((direction) => open & (1 << direction)) ?? 0;
    leaving.set(at, open & ~(1 << next));
    if (next !== before) corners.push({ x: at % stride, y: Math.floor(at / stride) });
    at += (STEPS[next] as Point).x + (STEPS[next] as Point).y * stride;
    before = next;
  } while (at !== start);
  return corners;
}

function withHandles(corners: readonly Point[]): Ring {
  const hole = twiceArea(corners) < 0;
  let kept: number[] = [];
  // A lesion of a few pixels has corners, but no two that differ by more than the tolerance.
  for (let tolerance = TOLERANCE; tolerance > 0.1; tolerance /= 2) {
    kept = simplified(corners, tolerance);
    if (kept.length >= Math.min(FEWEST, corners.length)) break;
  }
  const paths = kept.map((from, i) => {
    const to = kept[i + 1] ?? corners.length + (kept[0] as number);
    return Array.from(
      { length: to - from - 1 },
      (_, k) => corners[(from + 1 + k) % corners.length] as Point,
    );
  });
  return { handles: kept.map((index) => corners[index] as Point), paths, hole };
}

function twiceArea(points: readonly Point[]): number {
  return points.reduce((sum, a, i) => {
    const b = points[(i + 1) % points.length] as Point;
    return sum + a.x * b.y - b.x * a.y;
  }, 0);
}

/** Indices of the corners that remain within a tolerance (Douglas and Peucker, closed). */
function simplified(corners: readonly Point[], tolerance: number): number[] {
  const first = corners[0] as Point;
  let opposite = 0;
  corners.forEach((point, i) => {
    if (distance(point, first) > distance(corners[opposite] as Point, first)) opposite = i;
  });
  const kept = new Set([0, opposite]);
  const open: [number, number][] = [
    [0, opposite],
    [opposite, corners.length],
  ];
  for (let part = open.pop(); part; part = open.pop()) {
    const [from, to] = part;
    const a = corners[from] as Point;
    const b = corners[to % corners.length] as Point;
    let worst = -1;
    let most = tolerance;
    for (let i = from + 1; i < to; i += 1) {
      const off = distance(corners[i] as Point, nearest(corners[i] as Point, a, b));
      if (off > most) [worst, most] = [i, off];
    }
    if (worst < 0) continue;
    kept.add(worst);
    open.push([from, worst], [worst, to]);
  }
  return [...kept].sort((a, b) => a - b);
}

/** The point of the line from a to b that is nearest to a given point. */
function nearest(point: Point, a: Point, b: Point): Point {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const squared = dx * dx + dy * dy;
  const t = squared === 0 ? 0 : ((point.x - a.x) * dx + (point.y - a.y) * dy) / squared;
  const along = Math.max(0, Math.min(1, t));
  return { x: a.x + along * dx, y: a.y + along * dy };
}

/** The ring with a handle moved; the lines to both of its neighbours become straight. */
export function withMoved({ handles, paths, hole }: Ring, index: number, to: Point): Ring {
  const before = (index + handles.length - 1) % handles.length;
  return {
    handles: handles.map((handle, i) => (i === index ? to : handle)),
    paths: paths.map((path, i) => (i === index || i === before ? [] : path)),
    hole,
  };
}

/** The ring without a handle; null if fewer than three would remain. */
export function without({ handles, paths, hole }: Ring, index: number): Ring | null {
  if (handles.length <= 3) return null;
  const before = (index + handles.length - 1) % handles.length;
  const straight = paths.map((path, i) => (i === before ? [] : path));
  return {
    handles: handles.filter((_, i) => i !== index),
    paths: straight.filter((_, i) => i !== index),
    hole,
  };
}

/** The position of a new handle on a ring. */
export interface HandlePosition {
  /** Index of the handle before it. */
  after: number;
  /** Number of corners of the path before it. */
  corners: number;
  at: Point;
  /** Distance from the requested point, in image pixels. */
  distance: number;
}

/** The position on a ring that is nearest to a point. */
export function handlePositionOn({ handles, paths }: Ring, point: Point): HandlePosition {
  let best: HandlePosition = { after: 0, corners: 0, at: point, distance: Infinity };
  handles.forEach((handle, after) => {
    const next = handles[(after + 1) % handles.length] as Point;
    const line = [handle, ...(paths[after] ?? []), next];
    for (let corners = 0; corners + 1 < line.length; corners += 1) {
      const at = nearest(point, line[corners] as Point, line[corners + 1] as Point);
      const off = distance(point, at);
      if (off < best.distance) best = { after, corners, at, distance: off };
    }
  });
  return best;
}

/** The ring with one more handle; its line stays unchanged. */
export function withHandleAt(
  { handles, paths, hole }: Ring,
  { after, corners, at }: HandlePosition,
): Ring {
  const path = paths[after] ?? [];
  return {
    handles: handles.toSpliced(after + 1, 0, at),
    paths: paths.toSpliced(after, 1, path.slice(0, corners), path.slice(corners)),
    hole,
  };
}
