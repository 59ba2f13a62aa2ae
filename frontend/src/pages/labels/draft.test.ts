import { describe, expect, it } from 'vitest';
import type { LabelSet } from '../../api/types';
import {
  bodyOf,
  COLOURS,
  draftOf,
  moved,
  newAttribute,
  newClass,
  obstacleIn,
  parentsFor,
  withoutClass,
} from './draft';
import { alike, difference } from './likeness';

const SET: LabelSet = {
  id: 's',
  name: 'Breast',
  version: 3,
  project_ids: [],
  archived: false,
  created_at: '2026-01-01T00:00:00Z',
  classes: [],
  attributes: [],
};
const named = (name: string) => ({ ...newClass([]), name });
const draft = () => ({ ...draftOf(SET), classes: [named('mass'), named('cyst')] });

describe('a set being edited', () => {
  it('gives new choices their own values, and keeps stored ones', () => {
    const choices = [
      { value: 'oval', meaning: 'Egg-shaped' },
      { value: '', meaning: 'Oval' },
      { value: '', meaning: 'Not parallel!' },
    ];
    const one = { ...draft(), attributes: [{ ...newAttribute(), name: 'shape', choices }] };
    expect(bodyOf(one, 3).attributes?.[0]?.choices?.map(({ value }) => value)).toEqual([
      'oval',
      'oval-2',
      'not-parallel',
    ]);
    expect(bodyOf(one, 3).classes[0]).not.toHaveProperty('used');
  });

  it('explains in a sentence why it cannot be saved', () => {
    expect(obstacleIn(draft())).toBeNull();
    expect(obstacleIn({ ...draft(), classes: [named('mass'), named(' Mass')] })).toContain('Mass');
    expect(obstacleIn({ ...draft(), classes: [{ ...named('mass'), archived: true }] })).toContain(
      'can be drawn',
    );
    expect(
      obstacleIn({ ...draft(), attributes: [{ ...newAttribute(), name: 'shape' }] }),
    ).toContain('shape');
  });

  it('removes a class everywhere, and the attributes that only that class had', () => {
    const [mass, cyst] = draft().classes as [ReturnType<typeof named>, ReturnType<typeof named>];
    const asked = (name: string, class_ids: string[]) => ({ ...newAttribute(), name, class_ids });
    const left = withoutClass(
      {
        ...draft(),
        classes: [mass, { ...cyst, parent_id: mass.id }],
        attributes: [asked('margin', [mass.id]), asked('wall', [mass.id, cyst.id])],
      },
      mass.id,
    );
    expect(left.classes).toEqual([{ ...cyst, parent_id: null }]);
    expect(left.attributes.map(({ name, class_ids }) => [name, class_ids])).toEqual([
      ['wall', [cyst.id]],
    ]);
  });

  it('offers no parent that would create a cycle', () => {
    const [mass, cyst] = draft().classes as [ReturnType<typeof named>, ReturnType<typeof named>];
    const classes = [mass, { ...cyst, parent_id: mass.id }, named('node')];
    expect(parentsFor(classes, mass.id).map(({ name }) => name)).toEqual(['node']);
  });

  it('moves a row by one and not beyond the ends', () => {
    const rows = [{ id: 'a' }, { id: 'b' }];
    expect(moved(rows, 'b', -1).map(({ id }) => id)).toEqual(['b', 'a']);
    expect(moved(rows, 'a', -1)).toEqual(rows);
  });
});

describe('colours', () => {
  it('that some people cannot tell apart are reported', () => {
    const red = { id: 'r', name: 'red', colour: '#c05000', archived: false };
    expect(alike({ id: 'g', colour: '#608000' }, [red])).toEqual(['red']);
    expect(alike({ id: 'b', colour: '#0080ff' }, [red])).toEqual([]);
  });

  it('of the first six classes are far apart for everybody', () => {
    const first = COLOURS.slice(0, 6);
    const pairs = first.flatMap((a, at) => first.slice(at + 1).map((b) => difference(a, b)));
    expect(Math.min(...pairs)).toBeGreaterThan(12);
  });
});
