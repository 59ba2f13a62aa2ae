import { t } from '@lingui/core/macro';
import { fixed } from '../language/language';
import type { Point } from '../viewer/geometry';
import type { Box } from './box';
import type { LabelMap } from './labelMap';
import type { Measurement } from './state';

/** A frame's pixels as stored, four bytes each. */
interface Frame {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** Grey levels of an area, 0 to 255 as stored: brightness and contrast on screen are ignored. */
export interface Grey {
  mean: number;
  /** Standard deviation over the pixels of the area. */
  sd: number;
  pixels: number;
}

/** Luma (ITU-R BT.601) of a pixel; for a grey one, its value. */
const levelOf = (data: ArrayLike<number>, pixel: number): number =>
  0.299 * (data[4 * pixel] ?? 0) +
  0.587 * (data[4 * pixel + 1] ?? 0) +
  0.114 * (data[4 * pixel + 2] ?? 0);

/** Grey levels of the pixels of a box that are inside; null if there are none. */
function greyOf(frame: Frame, box: Box, inside: (x: number, y: number) => boolean): Grey | null {
  let [pixels, sum, squares] = [0, 0, 0];
  const right = Math.min(frame.width, box.left + box.width);
  const bottom = Math.min(frame.height, box.top + box.height);
  for (let y = Math.max(0, box.top); y < bottom; y += 1) {
    for (let x = Math.max(0, box.left); x < right; x += 1) {
      if (!inside(x, y)) continue;
      const level = levelOf(frame.data, y * frame.width + x);
      pixels += 1;
      sum += level;
      squares += level * level;
    }
  }
  if (pixels === 0) return null;
  const mean = sum / pixels;
  return { mean, sd: Math.sqrt(Math.max(0, squares / pixels - mean * mean)), pixels };
}

/** Grey levels under a lesion. */
export const greyUnder = (frame: Frame, map: LabelMap, label: number, box: Box): Grey | null =>
  greyOf(frame, box, (x, y) => map.data[y * map.width + x] === label);

/** Two half axes from a centre, in image pixels; they need not be perpendicular there. */
export interface Ellipse {
  centre: Point;
  along: Point;
  across: Point;
}

/** The ellipse of two measured axes, centred on the middle of the first. */
export function ellipseOf({ lines }: Pick<Measurement, 'lines'>): Ellipse | null {
  const [first, second] = lines;
  if (!first || !second) return null;
  const half = ({ start, end }: typeof first) => ({
    x: (end.x - start.x) / 2,
    y: (end.y - start.y) / 2,
  });
  const along = half(first);
  const centre = { x: first.start.x + along.x, y: first.start.y + along.y };
  return { centre, along, across: half(second) };
}

const known = new WeakMap<Pick<Measurement, 'lines'>, { frame: Frame; grey: Grey | null }>();

/** Grey levels of the pixels whose centres are in an ellipse; null for other measurements. */
export function greyWithin(
  frame: Frame,
  measurement: Pick<Measurement, 'kind' | 'lines'>,
): Grey | null {
  if (measurement.kind !== 'ellipse') return null;
  const found = known.get(measurement);
  if (found?.frame === frame) return found.grey;
  const ellipse = ellipseOf(measurement);
  const grey = ellipse && greyInside(frame, ellipse);
  known.set(measurement, { frame, grey });
  return grey;
}

function greyInside(frame: Frame, { centre, along, across }: Ellipse): Grey | null {
  const area = along.x * across.y - along.y * across.x;
  if (area === 0) return null;
  const reach = { x: Math.hypot(along.x, across.x), y: Math.hypot(along.y, across.y) };
  const [left, top] = [Math.floor(centre.x - reach.x), Math.floor(centre.y - reach.y)];
  const box = {
    left,
    top,
    width: Math.ceil(centre.x + reach.x) - left,
    height: Math.ceil(centre.y + reach.y) - top,
  };
  return greyOf(frame, box, (x, y) => {
    const [dx, dy] = [x + 0.5 - centre.x, y + 0.5 - centre.y];
    const u = (dx * across.y - dy * across.x) / area;
    const v = (along.x * dy - along.y * dx) / area;
    return u * u + v * v <= 1;
  });
}

/** Mean and standard deviation in readable form. */
export function greyText({ mean, sd }: Grey): string {
  const [middle, spread] = [fixed(mean, 0), fixed(sd, 0)];
  return t`Grey level ${middle} ± ${spread}`;
}
