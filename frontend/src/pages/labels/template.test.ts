import { describe, expect, it } from 'vitest';
import type { LabelSet } from '../../api/types';
import { draftOf, newAttribute, newClass } from './draft';
import { newSet } from './template';

const mass = { ...newClass([]), name: 'mass', term: 'ready/mass' };
const cyst = { ...newClass([mass]), name: 'cyst', parent_id: mass.id };
const gone = { ...newClass([mass, cyst]), name: 'gone', archived: true };
const asked = (name: string, class_ids: string[]) => ({
  ...newAttribute(),
  name,
  class_ids,
  choices: [{ value: 'a', meaning: 'A', term: 'ready/shape/a' }],
});
const SET: LabelSet = {
  id: 's',
  name: 'Breast',
  version: 3,
  project_ids: ['p'],
  archived: false,
  created_at: '2026-01-01T00:00:00Z',
  classes: [mass, cyst, gone],
  attributes: [asked('shape', [cyst.id, gone.id]), asked('wall', [gone.id]), asked('side', [])],
};

describe('a set that is based on another one', () => {
  it('has its open classes and attributes under its own ids, which refer to each other', () => {
    const made = newSet('Ours', 'set:s', [SET]);
    expect(made.name).toBe('Ours');
    expect(made.classes?.map(({ name }) => name)).toEqual(['mass', 'cyst']);
    const ids = made.classes?.map(({ id }) => id) ?? [];
    expect(ids).not.toContain(mass.id);
    expect(made.classes?.[1]?.parent_id).toBe(ids[0]);
    expect(made.attributes?.map(({ name }) => name)).toEqual(['shape', 'side']);
    expect(made.attributes?.[0]?.class_ids).toEqual([ids[1]]);
    expect(made.classes?.map(({ term }) => term)).toEqual(['ready/mass', undefined]);
    expect(made.attributes?.[0]?.choices?.[0]?.term).toBe('ready/shape/a');
    expect(draftOf(SET).classes[0]?.id, 'the other one stays as it is').toBe(mass.id);
  });

  it('has one class if it is based on nothing, and none of its own with a ready set', () => {
    expect(newSet('Ours', '', []).classes?.map(({ name }) => name)).toEqual(['lesion']);
    expect(newSet('Ours', 'ready:bi-rads', [])).toMatchObject({ ready: 'bi-rads', classes: [] });
  });
});
