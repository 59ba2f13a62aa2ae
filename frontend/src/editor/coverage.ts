import type { Point } from '../viewer/geometry';
import { type Box, boxAround } from './box';

/** A set of pixels: 1 inside, 0 outside, row-major in its box. May extend beyond the map. */
export interface Coverage {
  box: Box;
  inside: Uint8Array;
}

/** A position of the brush on the image, with its radius there, both in image pixels. */
export interface Dab extends Point {
  radius: number;
}

/**
 * The pixels that a round brush touches between two dabs: those whose centre is within the radius
 * of the line, with the radius changing linearly from one to the other. The pixel under each dab is
 * always included, so that the finest brush still draws.
 */
export function swept(from: Dab, to: Dab): Coverage {
  const box = boxAround(
    Math.min(from.x - from.radius, to.x - to.radius, Math.floor(from.x), Math.floor(to.x)),
    Math.min(from.y - from.radius, to.y - to.radius, Math.floor(from.y), Math.floor(to.y)),
    Math.max(from.x + from.radius, to.x + to.radius, Math.floor(from.x) + 1, Math.floor(to.x) + 1),
    Math.max(from.y + from.radius, to.y + to.radius, Math.floor(from.y) + 1, Math.floor(to.y) + 1),
  );
  const inside = new Uint8Array(box.width * box.height);
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const squared = dx * dx + dy * dy;
  for (let row = 0; row < box.height; row += 1) {
    const py = box.top + row + 0.5 - from.y;
    for (let column = 0; column < box.width; column += 1) {
      const px = box.left + column + 0.5 - from.x;
      const t = squared === 0 ? 1 : Math.max(0, Math.min(1, (px * dx + py * dy) / squared));
      const radius = from.radius + (to.radius - from.radius) * t;
      const ex = px - t * dx;
      const ey = py - t * dy;
      if (ex * ex + ey * ey <= radius * radius) inside[row * box.width + column] = 1;
    }
  }
  for (const dab of [from, to]) {
    inside[(Math.floor(dab.y) - box.top) * box.width + Math.floor(dab.x) - box.left] = 1;
  }
  return { box, inside };
}

/**
 * The pixels whose centre a closed polygon winds around. If a drawn line crosses itself, the loops
 * are included (non-zero rule), as people expect of a lasso.
 */
export function enclosed(points: readonly Point[]): Coverage {
  if (points.length < 3) return { box: boxAround(0, 0, 0, 0), inside: new Uint8Array(0) };
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const box = boxAround(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
  const inside = new Uint8Array(box.width * box.height);
  for (let row = 0; row < box.height; row += 1) {
    const winds = crossings(points, box.top + row + 0.5);
    let winding = 0;
    for (let i = 0; i < winds.length - 1; i += 1) {
      const { x, turn } = winds[i] as Crossing;
      winding += turn;
      if (winding === 0) continue;
      const first = Math.ceil(x - 0.5) - box.left;
      const end = Math.ceil((winds[i + 1] as Crossing).x - 0.5) - box.left;
      inside.fill(1, row * box.width + first, row * box.width + end);
    }
  }
  return { box, inside };
}

interface Crossing {
  x: number;
  turn: number;
}

/** Where the closed polygon crosses a row, from left to right. */
function crossings(points: readonly Point[], y: number): Crossing[] {
  const found: Crossing[] = [];
  for (let i = 0, j = points.length - 1; i < points.length; j = i, i += 1) {
    const a = points[j] as Point;
    const b = points[i] as Point;
    if (a.y > y === b.y > y) continue;
    found.push({ x: a.x + ((y - a.y) * (b.x - a.x)) / (b.y - a.y), turn: b.y > a.y ? 1 : -1 });
  }
  return found.sort((one, other) => one.x - other.x);
}
