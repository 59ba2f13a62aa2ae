import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMap, mapOf } from '../../testing/maps';
import { smoothPieces } from './smoothContour';

const WHOLE = { scale: 1, x: 0, y: 0 };

describe('a smooth contour', () => {
  it('crosses exactly those pairs of neighbours of which only one is the lesion', () => {
    fc.assert(
      fc.property(anyMap(2), (map) => {
        const ends = new Map<string, number>();
        for (const [label, pieces] of smoothPieces(WHOLE, map.box, map)) {
          for (let i = 0; i < pieces.length; i += 2) {
            const key = `${label}:${pieces[i]},${pieces[i + 1]}`;
            ends.set(key, (ends.get(key) ?? 0) + 1);
          }
        }
        const expected = new Map<string, number>();
        const between = (a: number, b: number, x: number, y: number) => {
          if (a === b) return;
          // Segments meet there, so that every line is closed.
          for (const label of [a, b]) if (label) expected.set(`${label}:${x},${y}`, 2);
        };
        for (let y = 0; y <= map.height; y += 1) {
          for (let x = 0; x <= map.width; x += 1) {
            if (x < map.width) between(map.at(x, y - 1), map.at(x, y), x + 0.5, y);
            if (y < map.height) between(map.at(x - 1, y), map.at(x, y), x, y + 0.5);
          }
        }
        expect(new Map([...ends].sort())).toEqual(new Map([...expected].sort()));
      }),
    );
  });

  it('treats pixels that touch at a corner as one part', () => {
    const pieces = smoothPieces(WHOLE, mapOf('1.', '.1').box, mapOf('1.', '.1')).get(1) ?? [];
    const middle = [];
    for (let i = 0; i < pieces.length; i += 4) {
      const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = pieces.slice(i, i + 4);
      if (Math.hypot((x0 + x1) / 2 - 1, (y0 + y1) / 2 - 1) < 0.5) middle.push([x0, y0, x1, y1]);
    }
    expect(middle).toEqual([
      [1, 0.5, 1.5, 1],
      [0.5, 1, 1, 1.5],
    ]);
  });
});
