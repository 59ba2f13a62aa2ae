import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMap, mapOf, textOf } from '../testing/maps';
import { fromMask } from './components';
import type { LabelMap } from './labelMap';

/** The mask as decoded by a browser: white for lesion. */
function pixels(map: LabelMap) {
  const data = new Uint8ClampedArray(map.data.length * 4);
  map.data.forEach((label, i) => {
    data.fill(label ? 255 : 0, i * 4, i * 4 + 3);
    data[i * 4 + 3] = 255;
  });
  return { width: map.width, height: map.height, data, colorSpace: 'srgb' as const };
}

describe('lesions of a binary mask', () => {
  it('are numbered largest first', () => {
    const mask = mapOf('1..11', '...11', '1....', '1....');
    expect(textOf(fromMask(pixels(mask)))).toEqual(['3..11', '...11', '2....', '2....']);
  });

  it('are connected at corners', () => {
    expect(textOf(fromMask(pixels(mapOf('1.', '.1'))))).toEqual(['1.', '.1']);
  });

  it('of equal size are numbered from the top, then from the left', () => {
    expect(textOf(fromMask(pixels(mapOf('..1.', '1...', '..1.'))))).toEqual([
      '..1.',
      '2...',
      '..3.',
    ]);
    expect(textOf(fromMask(pixels(mapOf('.1.1', '....'))))).toEqual(['.1.2', '....']);
  });

  it('keep every pixel of the mask, even if there are too many for the numbers', () => {
    fc.assert(
      fc.property(anyMap(1), (mask) => {
        const found = fromMask(pixels(mask));
        expect(found.data.map((label) => Number(label > 0))).toEqual(mask.data);
      }),
    );
    const dots = mapOf(
      ...Array.from({ length: 41 }, (_, y) => (y % 2 ? '.' : '1.').repeat(41).slice(0, 41)),
    );
    const found = fromMask(pixels(dots));
    expect(found.data.filter((label) => label > 0).length).toBe(21 * 21);
    expect(Math.max(...found.data)).toBe(254);
  });
});
