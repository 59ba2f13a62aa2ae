import { describe, expect, it } from 'vitest';
import {
  clamped,
  fitView,
  minScale,
  panned,
  resized,
  snapped,
  toCanvas,
  toImage,
  zoomAt,
} from './geometry';

const image = { width: 640, height: 480 };
const canvas = { width: 1000, height: 900 };

describe('fitting', () => {
  it('shows the whole image, as large as possible and centred', () => {
    const view = fitView(image, canvas);
    expect(view.scale).toBeCloseTo(1000 / 640);
    expect(toCanvas(view, { x: 320, y: 240 })).toEqual({ x: 500, y: 450 });
    expect(toCanvas(view, { x: 0, y: 0 }).x).toBeCloseTo(0);
  });
});

describe('zooming', () => {
  it.each([
    [{ x: 10, y: 20 }, 1.7],
    [{ x: 999, y: 1 }, 0.6],
    [{ x: 500, y: 450 }, 12],
  ])('keeps the image point under the pointer at %o', (at, factor) => {
    const before = fitView(image, canvas);
    const after = zoomAt(before, at, factor, 0.01);
    expect(toImage(after, at).x).toBeCloseTo(toImage(before, at).x, 9);
    expect(toImage(after, at).y).toBeCloseTo(toImage(before, at).y, 9);
    expect(after.scale).toBeCloseTo(before.scale * factor);
  });

  it('stays within its limits, even after a thousand notches', () => {
    const min = minScale(image, canvas);
    let out = fitView(image, canvas);
    let into = out;
    for (let i = 0; i < 1000; i += 1) {
      out = zoomAt(out, { x: 3, y: 7 }, 0.8, min);
      into = zoomAt(into, { x: 3, y: 7 }, 1.25, min);
    }
    expect(out.scale).toBe(min);
    expect(into.scale).toBe(64);
  });

  it('never offers a minimum scale above one to one', () => {
    expect(minScale({ width: 10, height: 10 }, canvas)).toBe(1);
    expect(minScale({ width: 8000, height: 8000 }, canvas)).toBeLessThan(0.03);
  });
});

describe('panning', () => {
  it.each([
    [1e6, 1e6],
    [-1e6, 0],
    [0, -1e6],
  ])('cannot lose the image by (%d, %d)', (dx, dy) => {
    const view = clamped(panned(fitView(image, canvas), dx, dy), image, canvas);
    const right = view.x + image.width * view.scale;
    const bottom = view.y + image.height * view.scale;
    expect(Math.min(right, canvas.width) - Math.max(view.x, 0)).toBeGreaterThanOrEqual(48);
    expect(Math.min(bottom, canvas.height) - Math.max(view.y, 0)).toBeGreaterThanOrEqual(48);
  });

  it('leaves a view with the image in sight unchanged', () => {
    const view = panned(fitView(image, canvas), 13, -8);
    expect(clamped(view, image, canvas)).toEqual(view);
  });
});

describe('resizing the window', () => {
  it('keeps the image point in the middle', () => {
    const view = zoomAt(fitView(image, canvas), { x: 200, y: 300 }, 3, 0.1);
    const after = { width: 700, height: 1200 };
    const middle = toImage(view, { x: 500, y: 450 });
    expect(toImage(resized(view, canvas, after), { x: 350, y: 600 })).toEqual(middle);
  });
});

describe('drawing', () => {
  it('starts on a whole device pixel, at most half a pixel away', () => {
    const view = { scale: 1.3, x: 10.49, y: -3.51 };
    expect(snapped(view)).toEqual({ scale: 1.3, x: 10, y: -4 });
  });
});
