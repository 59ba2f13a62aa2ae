import type { Point } from '../viewer/geometry';
import { type Box, boxAround, intersection } from './box';
import { components } from './components';
import type { Coverage } from './coverage';
import type { Field } from './speckle';

/**
 * The pixels that the wand selects: connected ones that are as grey; the area within the line of
 * equal grey through the pixel; or all that are as grey.
 */
export type WandKind = 'connected' | 'level' | 'all';

/**
 * The pixels that the wand selects for one pixel, within a radius of it; null outside the frame.
 * @param radius in image pixels
 * @param tolerance in grey values, for `connected` and `all`
 */
export function regionAt(
  field: Field,
  at: Point,
  kind: WandKind,
  radius: number,
  tolerance: number,
): Coverage | null {
  const { width, height, gray } = field;
  const x = Math.floor(at.x);
  const y = Math.floor(at.y);
  if (x < 0 || y < 0 || x >= width || y >= height) return null;
  const around = boxAround(x - radius, y - radius, x + radius + 1, y + radius + 1);
  const box = intersection(around, { left: 0, top: 0, width, height });
  if (!box) return null;
  const own = gray[y * width + x] as number;
  const seed = (y - box.top) * box.width + x - box.left;
  const near = (i: number) => {
    const dx = box.left + (i % box.width) - x;
    const dy = box.top + Math.floor(i / box.width) - y;
    return dx * dx + dy * dy <= radius * radius;
  };
  const value = (i: number) =>
    gray[(box.top + Math.floor(i / box.width)) * width + box.left + (i % box.width)] as number;
  const like = (i: number) => near(i) && Math.abs(value(i) - own) <= tolerance;
  if (kind === 'all') return { box, inside: insideWhere(box, like) };
  if (kind === 'connected') return { box, inside: filledUp(box, connected(box, like, seed)) };
  return { box, inside: levelArea(box, near, value, own, seed) };
}

/** The darker or the brighter area around the pixel: the one that closes, else the smaller. */
function levelArea(
  box: Box,
  near: (i: number) => boolean,
  value: (i: number) => number,
  own: number,
  seed: number,
): Uint8Array {
  const sides = [
    connected(box, (i) => near(i) && value(i) <= own, seed),
    connected(box, (i) => near(i) && value(i) >= own, seed),
  ].map((inside) => ({ inside, open: reachesRim(box, inside, near), size: sizeOf(inside) }));
  const [best] = sides.sort((a, b) => Number(a.open) - Number(b.open) || a.size - b.size);
  return filledUp(box, best?.inside ?? new Uint8Array(box.width * box.height));
}

function insideWhere(box: Box, holds: (i: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: box.width * box.height }, (_, i) => Number(holds(i)));
}

function connected(box: Box, holds: (i: number) => boolean, seed: number): Uint8Array {
  const { width, height } = box;
  const inside = new Uint8Array(width * height);
  const open = [seed];
  inside[seed] = 1;
  for (let i = open.pop(); i !== undefined; i = open.pop()) {
    const x = i % width;
    const visit = (to: number) => {
      if (inside[to] !== 0 || !holds(to)) return;
      inside[to] = 1;
      open.push(to);
    };
    if (x > 0) visit(i - 1);
    if (x < width - 1) visit(i + 1);
    if (i >= width) visit(i - width);
    if (i < width * (height - 1)) visit(i + width);
  }
  return inside;
}

/** Whether it reaches the limit of the radius, so that it may continue beyond. */
function reachesRim(box: Box, inside: Uint8Array, near: (i: number) => boolean): boolean {
  const { width, height } = box;
  return inside.some((value, i) => {
    if (value === 0) return false;
    const x = i % width;
    const y = Math.floor(i / width);
    if (x === 0 || y === 0 || x === width - 1 || y === height - 1) return true;
    return !(near(i - 1) && near(i + 1) && near(i - width) && near(i + width));
  });
}

const sizeOf = (inside: Uint8Array): number => inside.reduce((sum, value) => sum + value, 0);

/** With everything that it encloses: holes left by speckle. */
function filledUp({ width, height }: Box, inside: Uint8Array): Uint8Array {
  // A margin lets the outside connect around it.
  const keyOf = (index: number) => {
    const x = (index % (width + 2)) - 1;
    const y = Math.floor(index / (width + 2)) - 1;
    if (x < 0 || y < 0 || x >= width || y >= height) return 1;
    return Number(inside[y * width + x] === 0);
  };
  const { numbers } = components(width + 2, height + 2, keyOf, false);
  const outside = numbers[0];
  return Uint8Array.from(inside, (_, i) => {
    const at = (Math.floor(i / width) + 1) * (width + 2) + (i % width) + 1;
    return Number(numbers[at] !== outside);
  });
}
