import { describe, expect, it } from 'vitest';
import { AS_STORED, applyTable, isAsStored, limited, lookupTable, windowOf } from './grayWindow';

describe('brightness and contrast', () => {
  it('changes nothing at the default settings', () => {
    expect([...lookupTable(AS_STORED)]).toEqual(Array.from({ length: 256 }, (_, i) => i));
    expect(isAsStored(AS_STORED)).toBe(true);
  });

  it('is monotonic at every setting: darker tissue never appears brighter', () => {
    for (const brightness of [-100, -35, 0, 60, 100]) {
      for (const contrast of [-100, -20, 0, 75, 100]) {
        const table = lookupTable({ brightness, contrast, inverted: false });
        for (let i = 1; i < 256; i += 1) {
          expect(table[i]).toBeGreaterThanOrEqual(table[i - 1] as number);
        }
      }
    }
  });

  it('brightens with brightness and spreads with contrast', () => {
    const bright = lookupTable({ brightness: 40, contrast: 0, inverted: false });
    expect(bright[100]).toBeGreaterThan(100);
    const strong = lookupTable({ brightness: 0, contrast: 50, inverted: false });
    expect((strong[140] as number) - (strong[110] as number)).toBeGreaterThan(55);
    expect(windowOf({ brightness: 0, contrast: 50, inverted: false }).width).toBeCloseTo(127.5);
  });

  it('inverts exactly', () => {
    const plain = lookupTable({ brightness: 20, contrast: 30, inverted: false });
    const inverted = lookupTable({ brightness: 20, contrast: 30, inverted: true });
    for (let i = 0; i < 256; i += 1) {
      expect(Math.abs((inverted[i] as number) + (plain[i] as number) - 255)).toBeLessThanOrEqual(1);
    }
  });

  it('treats the three channels equally and leaves the source untouched', () => {
    const source = new Uint8ClampedArray([10, 120, 250, 255]);
    const target = new Uint8ClampedArray(4);
    const table = lookupTable({ brightness: 0, contrast: 0, inverted: true });
    applyTable(source, target, table);
    expect([...target]).toEqual([245, 135, 5, 255]);
    expect([...source]).toEqual([10, 120, 250, 255]);
  });

  it('keeps the settings in range', () => {
    expect(limited(141.2)).toBe(100);
    expect(limited(-999)).toBe(-100);
    expect(limited(3.4)).toBe(3);
  });
});
