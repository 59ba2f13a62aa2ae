import { describe, expect, it } from 'vitest';
import { labelStep, linear, ticks, unbroken } from './scale';

describe('the ticks of an axis', () => {
  it('are round and extend beyond the largest value', () => {
    expect(ticks(0, 87)).toEqual([0, 50, 100]);
    expect(ticks(0, 1)).toEqual([0, 0.5, 1]);
    expect(ticks(0, 0.9, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(0, 3)).toEqual([0, 1, 2, 3]);
  });

  it('exist if all values are the same', () => {
    expect(ticks(0, 0)).toEqual([0, 0.5, 1]);
  });

  it('cover every requested range', () => {
    for (let exponent = -6; exponent < 7; exponent += 0.37) {
      const max = 10 ** exponent;
      const got = ticks(0, max);
      expect(got[0]).toBe(0);
      expect(got.at(-1)).toBeGreaterThanOrEqual(max * (1 - 1e-9));
      expect(got.length).toBeGreaterThan(2);
      expect(got.length).toBeLessThan(7);
    }
  });
});

describe('a plot', () => {
  it('maps both ends of the range, also in descending order', () => {
    const y = linear(0, 10, 200, 0);
    expect([y(0), y(5), y(10)]).toEqual([200, 100, 0]);
  });

  it('writes as many labels as fit', () => {
    expect(labelStep(12, 600, 50)).toBe(1);
    expect(labelStep(30, 600, 50)).toBe(3);
  });

  it('leaves a gap if nothing was measured', () => {
    expect(unbroken([1, 2, null, 3, null])).toEqual([
      [
        { index: 0, value: 1 },
        { index: 1, value: 2 },
      ],
      [{ index: 3, value: 3 }],
    ]);
  });
});
