import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type blank, ellipse, mapOf } from '../testing/maps';
import { lengthText, lineBetween, measureLesion } from './measure';
import { PixelCounts } from './pixelCounts';

function measured(map: ReturnType<typeof blank>, spacing: { row: number; column: number } | null) {
  const box = new PixelCounts(map).box(1);
  if (!box) throw new Error('The map has no lesion 1.');
  return { ...measureLesion(map, 1, box, spacing), box };
}

describe('the axes of a lesion', () => {
  // Results of worker.pipeline.lesions.find_lesions for the same pixels, rounded as in its JSON.
  it.each([
    { a: 40, b: 22, deg: 0, spacing: null, area: 2766, px: [80.22, 44.12], mm: null },
    { a: 61.3, b: 30.7, deg: 33, spacing: null, area: 5908, px: [123.17, 61.86], mm: null },
    {
      a: 61.3,
      b: 30.7,
      deg: 33,
      spacing: { row: 0.2, column: 0.1 },
      area: 5908,
      px: [112.61, 77.06],
      mm: [18.398, 8.237],
    },
    {
      a: 25,
      b: 24,
      deg: 70,
      spacing: { row: 0.08, column: 0.12 },
      area: 1883,
      px: [49.24, 50.26],
      mm: [5.827, 4.046],
    },
    { a: 12.5, b: 3.2, deg: -50, spacing: null, area: 127, px: [25.61, 6.4], mm: null },
    {
      a: 80,
      b: 45,
      deg: 120,
      spacing: { row: 0.05, column: 0.05 },
      area: 11305,
      px: [160.52, 90.68],
      mm: [8.026, 4.534],
    },
  ])('agree with the pipeline for $a × $b at $deg°, spacing $spacing', (known) => {
    const map = ellipse(240, 200, { x: 120.3, y: 99.8 }, known.a, known.b, known.deg);
    const found = measured(map, known.spacing);
    expect(found.areaPx).toBe(known.area);
    expect(Math.abs(found.longAxis.px - (known.px[0] as number))).toBeLessThan(0.01);
    expect(Math.abs(found.shortAxis.px - (known.px[1] as number))).toBeLessThan(0.01);
    if (known.mm && known.spacing) {
      expect(Math.abs((found.longAxis.mm as number) - (known.mm[0] as number))).toBeLessThan(0.001);
      expect(Math.abs((found.shortAxis.mm as number) - (known.mm[1] as number))).toBeLessThan(
        0.001,
      );
      expect(found.areaMm2).toBeCloseTo(known.area * known.spacing.row * known.spacing.column);
    } else {
      expect([found.longAxis.mm, found.shortAxis.mm, found.areaMm2]).toEqual([null, null, null]);
    }
  });

  it('of any ellipse err by less than a pixel', () => {
    const size = fc.double({ min: 8, max: 45, noNaN: true });
    fc.assert(
      fc.property(
        size,
        fc.double({ min: 0.3, max: 0.85, noNaN: true }),
        fc.integer({ max: 180, min: 0 }),
        (a, share, turn) => {
          const map = ellipse(100, 100, { x: 50.2, y: 49.6 }, a, a * share, turn);
          const { longAxis, shortAxis } = measured(map, null);
          expect(Math.abs(longAxis.px - 2 * a)).toBeLessThan(1);
          expect(Math.abs(shortAxis.px - 2 * a * share)).toBeLessThan(1.5);
        },
      ),
    );
  });

  it('of one pixel are one pixel long', () => {
    const { longAxis, shortAxis } = measured(mapOf('...', '.1.', '...'), null);
    expect(longAxis.px).toBeCloseTo(1);
    expect(shortAxis.px).toBeCloseTo(1);
  });
});

describe('a length', () => {
  it('uses the spacing of each direction', () => {
    const line = lineBetween({ x: 0, y: 0 }, { x: 30, y: 40 }, { row: 0.2, column: 0.1 });
    expect(line.px).toBe(50);
    expect(line.mm).toBeCloseTo(Math.hypot(3, 8));
    expect(lengthText(line)).toBe('8.5 mm');
  });

  it('is in pixels, with the reason, while the spacing is unknown', () => {
    expect(lengthText(lineBetween({ x: 0, y: 0 }, { x: 30, y: 40 }, null))).toBe(
      '50 px (spacing unknown)',
    );
  });
});
