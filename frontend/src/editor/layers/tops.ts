import type { Point } from '../../viewer/geometry';
import type { Box } from '../box';
import type { LabelMap } from '../labelMap';

/**
 * The topmost point of a lesion as seen, in image coordinates: the middle of the outer edge of its
 * uppermost pixel.
 * @param up one of the four directions of the image, the one that points up as seen
 */
export function topOf(map: LabelMap, label: number, box: Box, up: Point): Point {
  const { width, data } = map;
  const right = box.left + box.width;
  const bottom = box.top + box.height;
  if (up.y !== 0) {
    const row = up.y < 0 ? box.top : bottom - 1;
    const start = row * width;
    const column = data.subarray(start + box.left, start + right).indexOf(label);
    return { x: box.left + Math.max(0, column) + 0.5, y: up.y < 0 ? row : bottom };
  }
  const column = up.x < 0 ? box.left : right - 1;
  let row = box.top;
  while (row < bottom - 1 && data[row * width + column] !== label) row += 1;
  return { x: up.x < 0 ? column : right, y: row + 0.5 };
}
