import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapOf, textOf } from '../testing/maps';
import { aligned, differences, Merge, overlap } from './differences';
import { LabelMap } from './labelMap';

describe('two people’s outlines', () => {
  it('are compared by lesion, not by number', () => {
    const a = mapOf('11..22');
    const b = mapOf('22..11');
    expect(textOf(aligned(a, b))).toEqual(['11..22']);
    expect(new Merge(a, b).differences).toEqual([]);
  });

  it('give a lesion that only one has a number of its own', () => {
    expect(textOf(aligned(mapOf('11....'), mapOf('22.111')))).toEqual(['11.222']);
  });

  it('differ in connected parts', () => {
    const found = differences(mapOf('111..', '.....', '....1'), mapOf('.1111', '.....', '.....'));
    expect(found.map(({ kind, area, box }) => [kind, area, box.left])).toEqual([
      ['only-a', 1, 0],
      ['only-b', 2, 3],
      ['only-a', 1, 4],
    ]);
  });

  it('tell who changed what since the common base', () => {
    const base = mapOf('.111.');
    const found = differences(mapOf('1111.'), mapOf('..111'), base);
    expect(found.map(({ kind, changedBy, at }) => [at.x, kind, changedBy])).toEqual([
      [0, 'only-a', 'a'],
      [1, 'only-a', 'b'],
      [4, 'only-b', 'b'],
    ]);
  });

  it('of different frames are not merged', () => {
    expect(() => differences(mapOf('1'), mapOf('1.'))).toThrow(RangeError);
  });
});

describe('a merge', () => {
  it('starts with both people’s changes when it knows the base', () => {
    const merge = new Merge(
      mapOf('1111.', '.....'),
      mapOf('..111', '.....'),
      mapOf('.111.', '.....'),
    );
    expect(textOf(merge.result)).toEqual(['1.111', '.....']);
  });

  it('takes each part from either side', () => {
    const merge = new Merge(mapOf('111..', '.....'), mapOf('.1111', '.....'));
    expect(textOf(merge.result)).toEqual(['111..', '.....']);
    const right = merge.at(4, 0);
    merge.takeFrom('b', right?.id);
    expect(textOf(merge.result)).toEqual(['11111', '.....']);
    expect(merge.sideOf(right?.id ?? 0)).toBe('b');
    merge.takeFrom('b');
    expect(textOf(merge.result)).toEqual(['.1111', '.....']);
    expect(merge.at(2, 0)).toBeNull();
    expect(merge.at(-1, 0)).toBeNull();
  });

  it('taken from one side altogether is that side, whatever the maps', () => {
    const pair = fc
      .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }))
      .chain(([width, height]) => {
        const data = fc.uint8Array({
          minLength: width * height,
          maxLength: width * height,
          max: 3,
        });
        const map = data.map((labels) => new LabelMap(width, height, labels));
        return fc.tuple(map, map, fc.option(map, { nil: null }));
      });
    fc.assert(
      fc.property(pair, ([a, b, base]) => {
        const merge = new Merge(a, b, base);
        const lesions = (map: LabelMap) => map.data.map((label) => Number(label > 0));
        expect(lesions(merge.b)).toEqual(lesions(b));
        for (const { id } of merge.differences) merge.takeFrom('b', id);
        expect(merge.result.equals(merge.b)).toBe(true);
        merge.takeFrom('a');
        expect(merge.result.equals(a)).toBe(true);
      }),
    );
  });
});

describe('Dice', () => {
  it('count every pixel once, by who marked it', () => {
    expect(overlap(mapOf('11..'), mapOf('.22.'))).toEqual({ a: 1, both: 1, b: 1 });
    expect(overlap(mapOf('....'), mapOf('.22.'))).toEqual({ a: 0, both: 0, b: 2 });
    expect(() => overlap(mapOf('11'), mapOf('111'))).toThrow(RangeError);
  });
});
