import { describe, expect, it } from 'vitest';
import { scaleBar } from './scaleBar';

describe('the scale bar', () => {
  it('is as long as the millimetres in its label', () => {
    const bar = scaleBar(0.1, 2, 150);
    expect(bar).toEqual({ mm: 5, length: 100, label: '5 mm' });
  });

  it('fits at every zoom and is never shorter than 40 % of the available length', () => {
    for (let scale = 0.05; scale < 64; scale *= 1.07) {
      const bar = scaleBar(0.117, scale, 150);
      expect(bar?.length).toBeLessThanOrEqual(150.0001);
      expect(bar?.length).toBeGreaterThanOrEqual(59.9);
    }
  });

  it('uses centimetres from ten millimetres up', () => {
    expect(scaleBar(0.2, 1, 150)?.label).toBe('2 cm');
    expect(scaleBar(0.01, 10, 150)?.label).toBe('0.1 mm');
  });

  it('is absent without a spacing', () => {
    expect(scaleBar(0, 1, 150)).toBeNull();
    expect(scaleBar(Number.NaN, 1, 150)).toBeNull();
  });
});
