import { describe, expect, it } from 'vitest';
import { area, contains, LESION_COLOURS, lesionAt, lesionColour, outlinePoints } from './lesions';

const square = (label: number, from: number, to: number) => ({
  label,
  contour: [
    [from, from],
    [to, from],
    [to, to],
    [from, to],
  ] as [number, number][],
});

describe('pointing at a lesion', () => {
  const large = square(1, 10, 50);
  const inner = square(2, 20, 30);

  it('finds the one around the point, and none outside', () => {
    expect(lesionAt([large], { x: 40, y: 40 })).toBe(1);
    expect(lesionAt([large], { x: 60, y: 40 })).toBeNull();
  });

  it('prefers the smaller of two, whatever their order', () => {
    expect(lesionAt([large, inner], { x: 25, y: 25 })).toBe(2);
    expect(lesionAt([inner, large], { x: 25, y: 25 })).toBe(2);
  });

  it('accepts a near miss within the tolerance only', () => {
    expect(lesionAt([large], { x: 53, y: 30 }, 3)).toBe(1);
    expect(lesionAt([large], { x: 53, y: 30 }, 2)).toBeNull();
  });

  it('finds a lesion of one pixel', () => {
    const dot = { label: 7, contour: [[5, 5]] as [number, number][] };
    expect(lesionAt([dot], { x: 5.6, y: 5.4 }, 1)).toBe(7);
  });

  it('sees the bay of a concave outline as outside', () => {
    const bay = [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 10, y: 10 },
      { x: 5, y: 2 },
      { x: 0, y: 10 },
    ];
    expect(contains(bay, { x: 5, y: 8 })).toBe(false);
    expect(contains(bay, { x: 1, y: 5 })).toBe(true);
  });
});

describe('outlines', () => {
  it('run through pixel centres', () => {
    expect(outlinePoints({ label: 1, contour: [[3, 4]] })).toEqual([{ x: 3.5, y: 4.5 }]);
  });

  it('have an area that does not depend on the direction', () => {
    const points = outlinePoints(square(1, 0, 10));
    expect(area(points)).toBe(100);
    expect(area([...points].reverse())).toBe(100);
  });

  it('have a colour for any number of lesions', () => {
    expect(lesionColour(1)).toBe(LESION_COLOURS[0]);
    expect(lesionColour(LESION_COLOURS.length + 1)).toBe(LESION_COLOURS[0]);
  });
});
