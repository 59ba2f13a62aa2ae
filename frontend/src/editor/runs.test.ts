import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMap, mapOf, textOf } from '../testing/maps';
import { LabelMap } from './labelMap';
import { decodeRuns, encodeRuns, RunsError } from './runs';

describe('the run-length code of a mask', () => {
  it('follows the rows, continuing across their ends', () => {
    expect(encodeRuns(mapOf('..11', '1222'))).toEqual([0, 2, 1, 3, 2, 3]);
  });

  it('restores any mask bit for bit', () => {
    fc.assert(
      fc.property(anyMap(), (map) => {
        expect(decodeRuns(encodeRuns(map), map.width, map.height).equals(map)).toBe(true);
      }),
    );
  });

  it('is the only code of its mask: encoding restores whatever was decoded', () => {
    const runs = fc.array(fc.integer({ min: -1, max: 4 }), { maxLength: 10 });
    let decoded = 0;
    fc.assert(
      fc.property(runs, (code) => {
        try {
          expect(encodeRuns(decodeRuns(code, 3, 2))).toEqual(code);
          decoded += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(RunsError);
        }
      }),
      { numRuns: 2000, examples: [[[0, 6]], [[1, 2, 0, 4]]] },
    );
    expect(decoded).toBeGreaterThan(1);
  });

  it.each([
    ['a label without a length', [0, 5, 1]],
    ['a length of zero', [0, 6, 1, 0]],
    ['a negative length', [0, 8, 1, -2]],
    ['half a pixel', [0, 5.5, 1, 0.5]],
    ['two runs of one label', [0, 3, 0, 3]],
    ['too few pixels', [0, 5]],
    ['too many pixels', [0, 7]],
    ['a run beyond the end', [0, 6, 1, 1]],
    ['nothing', []],
    ['label 255', [255, 6]],
    ['no number', [Number.NaN, 6]],
  ])('refuses %s', (_, runs) => {
    expect(() => decodeRuns(runs, 3, 2)).toThrow(RunsError);
  });

  it('needs one byte for each pixel of the frame', () => {
    expect(() => new LabelMap(3, 2, new Uint8Array(5))).toThrow('needs 6 labels, not 5');
    expect(() => new LabelMap(0, 2)).toThrow(RangeError);
  });

  it('extracts one lesion for the server', () => {
    expect(textOf(mapOf('.12', '212').only(2))).toEqual(['..1', '1.1']);
  });
});
