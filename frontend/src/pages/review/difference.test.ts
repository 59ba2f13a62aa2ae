import { describe, expect, it } from 'vitest';
import { DIFFERENCE_COLOURS, difference } from './difference';

function mask(rows: string[]): ImageData {
  const width = rows[0]?.length ?? 0;
  const data = new Uint8ClampedArray(width * rows.length * 4);
  [...rows.join('')].forEach((mark, index) => {
    data.fill(mark === '#' ? 255 : 0, index * 4, index * 4 + 3);
    data[index * 4 + 3] = 255;
  });
  return { width, height: rows.length, data } as unknown as ImageData;
}

describe('two masks over each other', () => {
  const size = { width: 4, height: 1 };

  it('count every pixel once, by who marked it', () => {
    const { overlap } = difference(mask(['##..']), mask(['.##.']), size);
    expect(overlap).toEqual({ onlyFirst: 1, both: 1, onlySecond: 1 });
  });

  it('are coloured where anybody marked, and clear elsewhere', () => {
    const { pixels } = difference(mask(['##..']), mask(['.##.']), size);
    expect([...pixels.slice(0, 3)]).toEqual([...DIFFERENCE_COLOURS.onlyFirst]);
    expect([...pixels.slice(8, 11)]).toEqual([...DIFFERENCE_COLOURS.onlySecond]);
    expect(pixels[15]).toBe(0);
    expect(pixels[3]).toBeGreaterThan(pixels[7] as number);
  });

  it('differ wholly where one reader saw nothing', () => {
    expect(difference(null, mask(['.##.']), size).overlap).toEqual({
      onlyFirst: 0,
      both: 0,
      onlySecond: 2,
    });
  });

  it('are refused where they do not fit the frame', () => {
    expect(() => difference(mask(['##']), null, size)).toThrow(RangeError);
  });
});
