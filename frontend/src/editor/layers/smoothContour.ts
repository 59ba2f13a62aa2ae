import type { View } from '../../viewer/geometry';
import type { Box } from '../box';
import type { LabelMap } from '../labelMap';

/**
 * From this many CSS pixels per image pixel on, contours run along pixel edges, to show which
 * pixels belong to the lesion. Below, they cut the corners of the steps.
 */
export const EXACT_FROM = 6;

/**
 * Straight segments by label between the midpoints of pixel edges, as x0, y0, x1, y1 in device
 * pixels (marching squares). No segment is further than half an image pixel from the true boundary,
 * and a lesion of a single pixel still has a contour.
 */
export function smoothPieces(view: View, box: Box, map: LabelMap): Map<number, number[]> {
  const found = new Map<number, number[]>();
  const { width, height, data } = map;
  const at = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : (data[y * width + x] as number);
  for (let y = box.top; y <= box.top + box.height; y += 1) {
    for (let x = box.left; x <= box.left + box.width; x += 1) {
      const a = at(x - 1, y - 1);
      const b = at(x, y - 1);
      const c = at(x - 1, y);
      const d = at(x, y);
      if (a === b && a === c && a === d) continue;
      const cx = x * view.scale + view.x;
      const cy = y * view.scale + view.y;
      const seen = new Set([a, b, c, d]);
      seen.delete(0);
      for (const label of seen) {
        let pieces = found.get(label);
        if (!pieces) {
          pieces = [];
          found.set(label, pieces);
        }
        const bits =
          Number(a === label) +
          2 * Number(b === label) +
          4 * Number(c === label) +
          8 * Number(d === label);
        for (const [from, to] of PIECES[bits] ?? []) {
          pieces.push(
            cx + (SIDES[from] as Side).x * view.scale,
            cy + (SIDES[from] as Side).y * view.scale,
            cx + (SIDES[to] as Side).x * view.scale,
            cy + (SIDES[to] as Side).y * view.scale,
          );
        }
      }
    }
  }
  return found;
}

interface Side {
  x: number;
  y: number;
}

/** Midpoints of the four pixel edges that meet at a corner: above, right, below, left. */
const SIDES: readonly Side[] = [
  { x: 0, y: -0.5 },
  { x: 0.5, y: 0 },
  { x: 0, y: 0.5 },
  { x: -0.5, y: 0 },
];
const [ABOVE, RIGHT, BELOW, LEFT] = [0, 1, 2, 3];

/** Indexed by the corners inside: upper left 1, upper right 2, lower left 4, lower right 8. */
const PIECES: readonly (readonly (readonly [number, number])[])[] = [
  [],
  [[ABOVE, LEFT]],
  [[ABOVE, RIGHT]],
  [[LEFT, RIGHT]],
  [[LEFT, BELOW]],
  [[ABOVE, BELOW]],
  // Pixels that touch at the corner are one part: the line goes around the other two.
  [
    [ABOVE, LEFT],
    [RIGHT, BELOW],
  ],
  [[RIGHT, BELOW]],
  [[RIGHT, BELOW]],
  [
    [ABOVE, RIGHT],
    [LEFT, BELOW],
  ],
  [[ABOVE, BELOW]],
  [[LEFT, BELOW]],
  [[LEFT, RIGHT]],
  [[ABOVE, RIGHT]],
  [[ABOVE, LEFT]],
  [],
];

/** Strokes segments with a constant width in device pixels. */
export function strokePieces(
  context: CanvasRenderingContext2D,
  pieces: readonly number[],
  width: number,
  colour: string,
): void {
  context.beginPath();
  for (let i = 0; i < pieces.length; i += 4) {
    context.moveTo(pieces[i] as number, pieces[i + 1] as number);
    context.lineTo(pieces[i + 2] as number, pieces[i + 3] as number);
  }
  context.lineCap = 'round';
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke();
}
