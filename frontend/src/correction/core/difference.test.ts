import { describe, expect, it } from 'vitest';
import { encodeRuns, LabelMap } from '../../editor';
import type { Labels } from '../wire';
import { differenceOf, differing } from './difference';

const labels = (rows: string[]): Labels => {
  const map = new LabelMap(
    rows[0]?.length ?? 0,
    rows.length,
    Uint8Array.from(rows.join(''), (digit) => Number(digit)),
  );
  return { width: map.width, height: map.height, runs: encodeRuns(map), names: {} };
};

/** A small deterministic generator, so that failures are reproducible. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state / 2_147_483_648;
  }
}

describe('the difference between two drawings', () => {
  it('counts added pixels, removed pixels and pixels that changed their lesion', () => {
    const before = labels(['0110', '0220']);
    const after = labels(['1110', '0330']);
    expect(differenceOf(before, after)).toEqual({
      added: 1,
      removed: 0,
      relabelled: 2,
      dice: 8 / 9,
    });
  });

  it('is zero for equal drawings, and Dice of two empty ones is 1', () => {
    const empty = labels(['000', '000']);
    expect(differenceOf(empty, empty)).toEqual({ added: 0, removed: 0, relabelled: 0, dice: 1 });
  });

  it('agrees with counting pixel by pixel', () => {
    const random = numbers(7);
    for (let round = 0; round < 50; round += 1) {
      const width = 1 + Math.floor(random.next().value * 12);
      const height = 1 + Math.floor(random.next().value * 12);
      const make = () =>
        new LabelMap(
          width,
          height,
          Uint8Array.from({ length: width * height }, () => Math.floor(random.next().value * 3)),
        );
      const [a, b] = [make(), make()];
      const coded = (map: LabelMap) => ({ width, height, runs: encodeRuns(map), names: {} });
      const expected = a.data.filter((label, index) => label !== b.data[index]).length;
      expect(differing(coded(a), coded(b))).toBe(expected);
    }
  });

  it('is refused for different frame sizes', () => {
    expect(() => differenceOf(labels(['00']), labels(['0', '0']))).toThrow(RangeError);
  });
});
