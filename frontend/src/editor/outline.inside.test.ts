import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Point } from '../viewer/geometry';
import { enclosed } from './coverage';

const coordinate = fc.double({ min: -5, max: 25, noNaN: true });
const polygon = fc.array(fc.record({ x: coordinate, y: coordinate }), {
  minLength: 3,
  maxLength: 9,
});

/** Winding number around a point, from angles: a different method from row crossings. */
function winding(points: readonly Point[], at: Point): number {
  let angle = 0;
  for (let i = 0; i < points.length; i += 1) {
    const a = points[i] as Point;
    const b = points[(i + 1) % points.length] as Point;
    const [ax, ay, bx, by] = [a.x - at.x, a.y - at.y, b.x - at.x, b.y - at.y];
    angle += Math.atan2(ax * by - ay * bx, ax * bx + ay * by);
  }
  return Math.round(angle / (2 * Math.PI));
}

function onEdge(points: readonly Point[], at: Point): boolean {
  return points.some((a, i) => {
    const b = points[(i + 1) % points.length] as Point;
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const length = dx * dx + dy * dy;
    const t = length
      ? Math.max(0, Math.min(1, ((at.x - a.x) * dx + (at.y - a.y) * dy) / length))
      : 0;
    return Math.hypot(at.x - a.x - t * dx, at.y - a.y - t * dy) < 1e-6;
  });
}

describe('the inside of a polygon or lasso', () => {
  it('is every pixel whose centre the line encloses, and no other', () => {
    fc.assert(
      fc.property(polygon, (points) => {
        const { box, inside } = enclosed(points);
        for (let y = -6; y < 26; y += 1) {
          for (let x = -6; x < 26; x += 1) {
            const centre = { x: x + 0.5, y: y + 0.5 };
            if (onEdge(points, centre)) continue;
            const [column, row] = [x - box.left, y - box.top];
            const within = column >= 0 && row >= 0 && column < box.width && row < box.height;
            const found = within && inside[row * box.width + column] === 1;
            if (found !== (winding(points, centre) !== 0)) {
              expect(`${x},${y} inside: ${found}`).toBe('the other way round');
            }
          }
        }
      }),
    );
  });

  it('of neighbours that share an edge neither overlaps nor leaves a gap', () => {
    const left = enclosed([
      { x: 0, y: 0 },
      { x: 7.5, y: 0 },
      { x: 3.5, y: 9 },
      { x: 0, y: 9 },
    ]);
    const right = enclosed([
      { x: 7.5, y: 0 },
      { x: 12, y: 0 },
      { x: 12, y: 9 },
      { x: 3.5, y: 9 },
    ]);
    const sum = (values: Uint8Array) => values.reduce((total, value) => total + value, 0);
    expect(sum(left.inside) + sum(right.inside)).toBe(12 * 9);
  });

  it('of fewer than three points is empty', () => {
    expect(
      enclosed([
        { x: 1, y: 1 },
        { x: 5, y: 5 },
      ]).inside,
    ).toHaveLength(0);
  });
});
