import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMap, mapOf } from '../../testing/maps';
import { areaOf, edges, edgeX, edgeY, fillPixels, pixelsIn, strokeEdges } from './pixelGrid';

const view = fc.record({
  scale: fc.double({ min: 0.2, max: 9, noNaN: true }),
  x: fc.integer({ min: -40, max: 40 }),
  y: fc.integer({ min: -40, max: 40 }),
});

/** The two calls made by the fills, on an array of device pixels instead of a canvas. */
class Raster {
  readonly painted = new Map<string, number>();
  fillStyle = '';
  private path: [number, number, number, number][] = [];

  fillRect(x: number, y: number, width: number, height: number): void {
    for (let py = y; py < y + height; py += 1) {
      for (let px = x; px < x + width; px += 1) {
        const key = `${px},${py}`;
        this.painted.set(key, (this.painted.get(key) ?? 0) + 1);
      }
    }
  }

  beginPath(): void {
    this.path = [];
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.path.push([x, y, width, height]);
  }

  fill(): void {
    for (const rectangle of this.path) this.fillRect(...rectangle);
  }

  get context(): CanvasRenderingContext2D {
    return this as unknown as CanvasRenderingContext2D;
  }
}

describe('filling pixels', () => {
  it('covers each device pixel of a lesion exactly once, whole pixels only, at every zoom', () => {
    fc.assert(
      fc.property(anyMap(2), view, (map, shown) => {
        const raster = new Raster();
        const classOf = (index: number) => map.data[index] as number;
        fillPixels(raster.context, shown, map.box, map.width, classOf, [undefined, '#111', '#222']);
        const expected = new Set<string>();
        for (let y = 0; y < map.height; y += 1) {
          for (let x = 0; x < map.width; x += 1) {
            if (map.at(x, y) === 0) continue;
            for (let py = edgeY(shown, y); py < edgeY(shown, y + 1); py += 1) {
              for (let px = edgeX(shown, x); px < edgeX(shown, x + 1); px += 1) {
                expected.add(`${px},${py}`);
              }
            }
          }
        }
        expect(new Set(raster.painted.keys())).toEqual(expected);
        expect([...raster.painted.values()].every((times) => times === 1)).toBe(true);
      }),
    );
  });
});

describe('contours', () => {
  it('run along all edges between a lesion and anything else, and nowhere else', () => {
    fc.assert(
      fc.property(anyMap(2), (map) => {
        const found = new Set<string>();
        const whole = { scale: 1, x: 0, y: 0 };
        for (const [label, pieces] of edges(whole, map.box, map, null)) {
          for (const { x0, y0, x1, y1 } of pieces) {
            for (let i = 0; i < x1 - x0 + y1 - y0; i += 1) {
              const at = y0 === y1 ? `${x0 + i},${y0}-` : `${x0},${y0 + i}|`;
              expect(found.has(`${label}:${at}`)).toBe(false);
              found.add(`${label}:${at}`);
            }
          }
        }
        const expected = new Set<string>();
        const between = (a: number, b: number, at: string) => {
          if (a !== b) expected.add(`${a === 0 || b === 0 ? a + b : Math.min(a, b)}:${at}`);
        };
        for (let y = 0; y <= map.height; y += 1) {
          for (let x = 0; x <= map.width; x += 1) {
            if (x < map.width) between(map.at(x, y - 1), map.at(x, y), `${x},${y}-`);
            if (y < map.height) between(map.at(x - 1, y), map.at(x, y), `${x},${y}|`);
          }
        }
        expect(found).toEqual(expected);
      }),
    );
  });

  it('between two lesions belong to the one in front', () => {
    const map = mapOf('12');
    const at = { scale: 4, x: 0, y: 0 };
    const middle = { x0: 4, y0: 0, x1: 4, y1: 4 };
    expect(edges(at, map.box, map, null).get(1)).toContainEqual(middle);
    expect(edges(at, map.box, map, 2).get(2)).toContainEqual(middle);
    expect(edges(at, map.box, map, 2).get(1)).not.toContainEqual(middle);
  });

  it('are drawn exactly where the fill ends, to the device pixel', () => {
    const map = mapOf('....', '.11.', '....');
    const at = { scale: 2.6, x: 3, y: -1 };
    const raster = new Raster();
    for (const pieces of edges(at, map.box, map, null).values()) {
      strokeEdges(raster.context, pieces, 1, '#111');
    }
    const columns = [...raster.painted.keys()].map((key) => Number(key.split(',')[0]));
    expect(Math.min(...columns)).toBe(edgeX(at, 1));
    expect(Math.max(...columns)).toBe(edgeX(at, 3));
  });
});

describe('the repainted area', () => {
  it('covers all device pixels of the changed pixels, and reads all image pixels in it', () => {
    const box = fc.record({
      left: fc.integer({ min: 0, max: 6 }),
      top: fc.integer({ min: 0, max: 6 }),
      width: fc.integer({ min: 1, max: 4 }),
      height: fc.integer({ min: 1, max: 4 }),
    });
    const map = mapOf(...Array(10).fill('..........'));
    fc.assert(
      fc.property(view, box, (shown, changed) => {
        const area = areaOf(shown, changed, 2);
        expect(area.x).toBeLessThanOrEqual(edgeX(shown, changed.left) - 2);
        const seen = pixelsIn(shown, area, map, 0);
        if (!seen) throw new Error('Nothing is seen of what changed.');
        expect(seen.left).toBeLessThanOrEqual(changed.left);
        expect(seen.top).toBeLessThanOrEqual(changed.top);
        expect(seen.left + seen.width).toBeGreaterThanOrEqual(changed.left + changed.width);
        expect(seen.top + seen.height).toBeGreaterThanOrEqual(changed.top + changed.height);
      }),
    );
  });
});
