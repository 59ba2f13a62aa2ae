import { describe, expect, it } from 'vitest';
import { LabelMap } from '../editor';
import { BOTH, MINE, THEIRS, tintOf } from './tint';

const map = (...rows: string[]): LabelMap =>
  new LabelMap(rows[0]?.length ?? 0, rows.length, Uint8Array.from(rows.join(''), Number));

const colours = (pixels: Uint8ClampedArray, width: number): string[] => {
  const names = new Map([
    [MINE.colour, 'm'],
    [THEIRS.colour, 't'],
    [BOTH.colour, 'b'],
  ]);
  const rows: string[] = [];
  for (let i = 0; i < pixels.length / 4; i += 1) {
    const [red, green, blue, alpha] = pixels.subarray(i * 4, i * 4 + 4) as unknown as number[];
    const colour = ((red ?? 0) << 16) | ((green ?? 0) << 8) | (blue ?? 0);
    const row = Math.floor(i / width);
    rows[row] = (rows[row] ?? '') + (alpha === 0 ? '.' : names.get(colour));
  }
  return rows;
};

describe('the colours of a drawing in a comparison', () => {
  const mine = map('0110', '0110');
  const theirs = map('0011', '0021');

  it('distinguish pixels of only this drawing from those of both', () => {
    expect(colours(tintOf(mine, theirs, MINE), 4)).toEqual(['.mb.', '.mm.']);
    expect(colours(tintOf(theirs, mine, THEIRS), 4)).toEqual(['..bt', '..tt']);
  });

  it('are its own if there is no other drawing', () => {
    expect(colours(tintOf(mine, null, MINE), 4)).toEqual(['.mm.', '.mm.']);
  });

  it('make the boundary stronger than the inside', () => {
    const whole = map(...new Array(9).fill('111111111'));
    const alpha = (pixels: Uint8ClampedArray, x: number, y: number) => pixels[(y * 9 + x) * 4 + 3];
    expect(alpha(tintOf(whole, null, MINE), 4, 4)).toBe(MINE.alpha);
    whole.data[4 * 9 + 6] = 0;
    const pixels = tintOf(whole, null, MINE);
    expect(alpha(pixels, 4, 4)).toBeGreaterThan(MINE.alpha);
    expect(alpha(pixels, 3, 4)).toBe(MINE.alpha);
  });
});
