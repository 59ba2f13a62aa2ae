import { describe, expect, it } from 'vitest';
import { mapOf } from '../testing/maps';
import { ellipseOf, greyUnder, greyWithin } from './grey';
import { lineBetween } from './measure';

/** Left half dark, right half bright; the middle column is coloured. */
function frameOf(width: number, height: number, level: (x: number, y: number) => number[]) {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) data.set([...level(x, y), 255], 4 * (y * width + x));
  }
  return { width, height, data };
}

const ellipse = (from: [number, number], to: [number, number], up: [number, number]) => ({
  kind: 'ellipse' as const,
  lines: [
    lineBetween({ x: from[0], y: from[1] }, { x: to[0], y: to[1] }, null),
    lineBetween({ x: 0, y: 0 }, { x: up[0], y: up[1] }, null),
  ],
});

describe('grey levels', () => {
  it('under a lesion are those of its pixels alone', () => {
    const frame = frameOf(3, 2, (x, y) => Array(3).fill(100 * y + 10 * x) as number[]);
    const map = mapOf('.11', '..1');
    const grey = greyUnder(frame, map, 1, { left: 1, top: 0, width: 2, height: 2 });
    expect(grey?.pixels).toBe(3);
    expect(grey?.mean).toBeCloseTo((10 + 20 + 120) / 3);
    expect(grey?.sd).toBeCloseTo(Math.sqrt((40 ** 2 + 30 ** 2 + 70 ** 2) / 3));
    expect(greyUnder(frame, map, 2, { left: 0, top: 0, width: 3, height: 2 })).toBeNull();
  });

  it('of an ellipse are those of the pixels whose centres are inside it and the image', () => {
    const frame = frameOf(40, 40, (x) => Array(3).fill(x < 20 ? 50 : 150) as number[]);
    const whole = greyWithin(frame, ellipse([10, 20], [30, 20], [0, 12]));
    expect(whole?.mean).toBeCloseTo(100);
    expect(whole?.sd).toBeCloseTo(50);
    expect(whole?.pixels).toBeGreaterThan(0.97 * Math.PI * 10 * 6);
    expect(whole?.pixels).toBeLessThan(1.03 * Math.PI * 10 * 6);
    const cut = greyWithin(frame, ellipse([-10, 20], [10, 20], [0, 12]));
    expect(cut).toMatchObject({ mean: 50, sd: 0 });
    expect(cut?.pixels).toBeLessThan(0.53 * Math.PI * 10 * 6);
  });

  it('of a turned ellipse follow its axes', () => {
    const frame = frameOf(40, 40, (x, y) => Array(3).fill(x === y ? 200 : 0) as number[]);
    const along = greyWithin(frame, ellipse([10, 10], [30, 30], [1, -1]));
    const across = greyWithin(frame, ellipse([30, 10], [10, 30], [1, 1]));
    expect(along?.mean).toBeGreaterThan(100);
    expect(across?.mean).toBeLessThan(20);
  });

  it('of colour are its luma, and only an ellipse has an inside', () => {
    const frame = frameOf(10, 10, () => [255, 0, 0]);
    expect(greyWithin(frame, ellipse([2, 5], [8, 5], [0, 4]))?.mean).toBeCloseTo(76.245);
    const { lines } = ellipse([2, 5], [8, 5], [0, 4]);
    expect(greyWithin(frame, { kind: 'calipers', lines })).toBeNull();
    expect(ellipseOf({ lines: lines.slice(0, 1) })).toBeNull();
  });
});
