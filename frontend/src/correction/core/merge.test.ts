import { describe, expect, it } from 'vitest';
import { LabelMap } from '../../editor';
import { merged, overlapKey, overlapsOf, regionsOf, type Take } from './merge';
import { alignLesions, classedApart, mergedSaid } from './mergeSaid';

const map = (...rows: string[]): LabelMap =>
  new LabelMap(
    rows[0]?.length ?? 0,
    rows.length,
    Uint8Array.from(rows.join(''), (digit) => Number(digit)),
  );

const rows = ({ data, width, height }: LabelMap): string[] =>
  Array.from({ length: height }, (_, y) =>
    Array.from(data.subarray(y * width, (y + 1) * width)).join(''),
  );

const base = map('0000000000', '0110000000', '0110000000', '0000000000');

describe('the regions in which two drawings differ', () => {
  it('tell who changed them, so that only real conflicts need a decision', () => {
    // I grew the lesion to the left; the other one drew a second lesion at the right.
    const mine = map('0000000000', '1110000000', '1110000000', '0000000000');
    const theirs = map('0000000000', '0110000022', '0110000022', '0000000000');
    const { found } = regionsOf({ mine, theirs, base });
    expect(found).toEqual([
      {
        number: 1,
        box: { top: 1, left: 0, width: 1, height: 2 },
        onlyMine: 2,
        onlyTheirs: 0,
        relabelled: 0,
        suggested: 'mine',
      },
      {
        number: 2,
        box: { top: 1, left: 8, width: 2, height: 2 },
        onlyMine: 0,
        onlyTheirs: 4,
        relabelled: 0,
        suggested: 'theirs',
      },
    ]);
  });

  it('suggest nothing if both changed something', () => {
    const mine = map('0000000000', '0111100000', '0111100000', '0000000000');
    const theirs = map('0000000000', '0110000000', '0000000000', '0000000000');
    const { found } = regionsOf({ mine, theirs, base });
    expect(found.map(({ suggested }) => suggested)).toEqual([null]);
  });

  it('are one if they are close, and none if the drawings agree', () => {
    const dotted = map('0000000000', '0110101000', '0110000000', '0000000000');
    expect(regionsOf({ mine: dotted, theirs: base, base }).found).toHaveLength(1);
    expect(regionsOf({ mine: base, theirs: base, base }).found).toEqual([]);
  });
});

describe('merging', () => {
  const mine = map('0000000000', '1110000000', '1110000000', '0000000000');
  const theirs = map('0000000000', '0110000022', '0010000022', '0000000000');
  const sides = { mine, theirs, base };

  it.each<[Take, string[]]>([
    ['mine', ['0000000000', '1110000000', '1110000000', '0000000000']],
    ['theirs', ['0000000000', '0110000000', '0010000000', '0000000000']],
    ['union', ['0000000000', '1110000000', '1110000000', '0000000000']],
    ['intersection', ['0000000000', '0110000000', '0010000000', '0000000000']],
  ])('uses %s in one region and leaves the other unchanged', (take, expected) => {
    const regions = regionsOf(sides);
    expect(regions.found).toHaveLength(2);
    expect(rows(merged(sides, regions, new Map([[1, take]])))).toEqual(expected);
  });

  it('by union contains both changes', () => {
    const regions = regionsOf(sides);
    const takes = new Map<number, Take>([
      [1, 'union'],
      [2, 'theirs'],
    ]);
    expect(rows(merged(sides, regions, takes))).toEqual([
      '0000000000',
      '1110000022',
      '1110000022',
      '0000000000',
    ]);
  });

  it('that combines lesions of two classes lets either keep the pixels that both claim', () => {
    const cyst = map('0000000000', '0111100000', '0111100000', '0000000000');
    const wall = map('0000000000', '0003330000', '0003330000', '0000000000');
    const two = { mine: cyst, theirs: wall, base: map(...Array<string>(4).fill('0000000000')) };
    const regions = regionsOf(two);
    const found = (take: Take, apart = true) =>
      overlapsOf(two, regions, new Map([[1, take]]), () => apart);
    expect(found('union')).toEqual([{ region: 1, mine: 1, theirs: 3, pixels: 4 }]);
    expect(found('intersection')).toEqual(found('union'));
    expect([found('mine'), found('theirs'), found('union', false)]).toEqual([[], [], []]);
    const combined = (keys: string[]) =>
      rows(merged(two, regions, new Map([[1, 'union']]), new Set(keys)))[1];
    expect(combined([])).toBe('0111130000');
    expect(combined([overlapKey(1, 1, 3)])).toBe('0113330000');
    const mine = merged(two, regions, new Map([[1, 'mine']]), new Set([overlapKey(1, 1, 3)]));
    expect(rows(mine)).toEqual(rows(cyst));
  });

  it('leaves the drawings unchanged', () => {
    const before = rows(mine);
    merged(sides, regionsOf(sides), new Map([[1, 'theirs']]));
    expect(rows(mine)).toEqual(before);
  });
});

describe('lesion numbers', () => {
  it('of the other person become those of the lesions with the largest overlap', () => {
    const mine = map('1100220', '1100220');
    const other = { map: map('2200110', '2200113'), names: { '1': 'right', '2': 'left' } };
    const aligned = alignLesions({ map: mine }, other);
    expect(rows(aligned.map)).toEqual(['1100220', '1100223']);
    expect(aligned.names).toEqual({ '1': 'left', '2': 'right' });
  });

  it("never join two of the other person's lesions", () => {
    const mine = map('1111111');
    const aligned = alignLesions({ map: mine }, { map: map('1110022') });
    expect(rows(aligned.map)).toEqual(['1110022']);
    const swapped = alignLesions({ map: mine }, { map: map('2220011') });
    expect(rows(swapped.map)).toEqual(['1110022']);
  });

  it('stay separate if two people chose two classes, but not if one left it unchanged', () => {
    const of = (kind: string) => ({ map: map('0110'), classIds: { 1: kind } });
    const numbers = (base: string | null) => {
      const [mine, theirs] = [of('cyst'), of('mass')];
      return rows(
        alignLesions(mine, theirs, classedApart(mine, theirs, base ? of(base) : null)).map,
      );
    };
    expect(numbers(null)).toEqual(['0220']);
    expect(numbers('lesion')).toEqual(['0220']);
    expect([numbers('cyst'), numbers('mass')]).toEqual([['0110'], ['0110']]);
  });

  it('keep their classes, attributes and layers, and no two lesions share a number', () => {
    const mine = { map: map('1100'), overlays: new Map([['shadow', map('0220')]]) };
    const theirs = {
      map: map('2203'),
      classIds: { 2: 'cyst', 3: 'mass', 1: 'shadow' },
      values: { 2: { margin: 'sharp' } },
      overlays: new Map([['shadow', map('0110')]]),
    };
    const aligned = alignLesions(mine, theirs);
    expect(rows(aligned.map)).toEqual(['1103']);
    expect(aligned.overlays && rows(aligned.overlays.get('shadow') as LabelMap)).toEqual(['0220']);
    expect(aligned.classIds).toEqual({ 1: 'cyst', 2: 'shadow', 3: 'mass' });
    expect(aligned.values).toEqual({ 1: { margin: 'sharp' } });
  });
});

describe('the information in two drawings besides pixels', () => {
  const said = (classIds: Record<number, string>) => ({ map: map('123'), classIds });

  it('is what one of them changed, and mine if both did', () => {
    const base = said({ 1: 'cyst', 2: 'cyst', 3: 'cyst' });
    const mine = said({ 1: 'mass', 2: 'cyst', 3: 'cyst' });
    const theirs = said({ 1: 'node', 2: 'node' });
    expect(mergedSaid(mine, theirs, base).classIds).toEqual({ 1: 'mass', 2: 'node' });
  });

  it('is everything from both if they have no common ancestor', () => {
    const merging = mergedSaid(said({ 1: 'mass' }), said({ 1: 'node', 2: 'node' }), null);
    expect(merging.classIds).toEqual({ 1: 'mass', 2: 'node' });
  });
});
