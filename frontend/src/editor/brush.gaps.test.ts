import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { components } from './components';
import { type Coverage, type Dab, swept } from './coverage';

const dab = fc.record({
  x: fc.double({ min: -20, max: 60, noNaN: true }),
  y: fc.double({ min: -20, max: 60, noNaN: true }),
  radius: fc.double({ min: 0.5, max: 12, noNaN: true }),
});

function pixels({ box, inside }: Coverage): Set<string> {
  const found = new Set<string>();
  inside.forEach((value, i) => {
    const row = Math.floor(i / box.width);
    if (value) found.add(`${box.left + (i % box.width)},${box.top + row}`);
  });
  return found;
}

function distanceToLine(x: number, y: number, a: Dab, b: Dab): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const t = length ? Math.max(0, Math.min(1, ((x - a.x) * dx + (y - a.y) * dy) / length)) : 0;
  return Math.hypot(x - a.x - t * dx, y - a.y - t * dy);
}

describe('a brush stroke', () => {
  it('covers exactly the pixels whose centre the circle passes over', () => {
    fc.assert(
      fc.property(dab, dab, (from, to) => {
        const end = { ...to, radius: from.radius };
        const found = pixels(swept(from, end));
        const under = [from, end].map(({ x, y }) => `${Math.floor(x)},${Math.floor(y)}`);
        for (let y = -40; y < 80; y += 1) {
          for (let x = -40; x < 80; x += 1) {
            const far = distanceToLine(x + 0.5, y + 0.5, from, end);
            if (Math.abs(far - from.radius) < 1e-9) continue;
            const expected = far < from.radius || under.includes(`${x},${y}`);
            if (found.has(`${x},${y}`) !== expected) {
              expect(`${x},${y} at ${far}`).toBe(`radius ${from.radius}`);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has no gap, however fast and fine, even if the pressure changes on the way', () => {
    fc.assert(
      fc.property(dab, dab, (from, to) => {
        const { box, inside } = swept(from, to);
        const { found } = components(box.width, box.height, (i) => inside[i] as number, true);
        expect(found).toHaveLength(1);
      }),
    );
  });

  it('is round: a dab has the area of its circle', () => {
    for (const radius of [5, 12.5, 40]) {
      const at = { x: 100.3, y: 80.7, radius };
      const area = pixels(swept(at, at)).size;
      expect(Math.abs(area / (Math.PI * radius * radius) - 1)).toBeLessThan(0.03);
    }
  });

  it('draws at least the pixel under it', () => {
    const at = { x: 3.99, y: 7.01, radius: 0.5 };
    expect(pixels(swept(at, at))).toEqual(new Set(['3,7']));
  });
});
