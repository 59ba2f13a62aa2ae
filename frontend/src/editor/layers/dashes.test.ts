import { describe, expect, it } from 'vitest';
import type { Point } from '../../viewer/geometry';
import { LabelMap } from '../labelMap';
import { dashOf, outlineOf } from './dashes';

/** Two blocks joined by a bridge of two pixels. */
function waisted(): LabelMap {
  const map = new LabelMap(60, 24);
  for (let y = 2; y < 22; y += 1) {
    for (let x = 2; x < 58; x += 1) {
      if (x < 22 || x >= 38 || (y >= 11 && y < 13)) map.data[y * 60 + x] = 1;
    }
  }
  return map;
}

const lengthOf = (points: readonly Point[]) =>
  points.reduce((sum, { x, y }, index) => {
    const before = points.at(index - 1) as Point;
    return sum + Math.hypot(x - before.x, y - before.y);
  }, 0);

describe('the dashes of a contour', () => {
  const map = waisted();
  const outline = outlineOf(map, 1, map.box);

  it('follow its length along the waist too', () => {
    const [exact] = outline.exact;
    expect(outline.exact).toHaveLength(1);
    // Twice 20 × 20, less the two ends of the bridge, and its two sides of 16.
    expect(lengthOf(exact as Point[])).toBe(2 * 80 - 2 * 2 + 2 * 16);
    const [smooth] = outline.smooth;
    expect(lengthOf(smooth as Point[])).toBeCloseTo(188 - 12 * (1 - Math.SQRT1_2), 6);
  });

  it('equal the gaps in number, look equally long on every screen, more at a larger scale', () => {
    for (const [scale, ratio] of [
      [1, 1],
      [4, 1],
      [4, 2],
    ] as const) {
      const points = (outline.smooth[0] as Point[]).map(({ x, y }) => ({
        x: x * scale,
        y: y * scale,
      }));
      const dash = dashOf(points, ratio);
      expect((lengthOf(points) / dash) % 2).toBeCloseTo(0, 6);
      expect(Math.abs(dash / ratio - 7)).toBeLessThan(0.7);
    }
  });
});
