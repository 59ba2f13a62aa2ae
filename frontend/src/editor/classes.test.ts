import { describe, expect, it } from 'vitest';
import { editorOf, mapOf, textOf } from '../testing/maps';
import { classOf, type EditorClass, LESION_CLASS_ID, lesionColours } from './classes';
import { deleteLesion, mergeInto, replace, setClass } from './commands';
import type { Editor } from './editor';

const made = (id: string, change: Partial<EditorClass> = {}): EditorClass => ({
  id,
  name: id,
  colour: '#ffd54a',
  kind: 'instance',
  overlaps: false,
  archived: false,
  ...change,
});
const CLASSES = [
  made('cyst', { colour: '#4fc3f7' }),
  made('mass'),
  made('ovary', { kind: 'region' }),
];

const editor = (row: string, classIds: Record<number, string> = {}) =>
  editorOf(mapOf(row), { classes: CLASSES, classIds });

const classesIn = (one: Editor) =>
  Object.fromEntries(one.state.get().lesions.map(({ label, classId }) => [label, classId]));

describe('the class of a lesion', () => {
  it('is a step that counts as unsaved, and that undo and redo follow', () => {
    const one = editor('12');
    expect(setClass(one, 1, 'cyst')).toBe(true);
    expect(one.state.get().dirty).toBe(true);
    expect(setClass(one, 1, 'cyst')).toBe(false);
    setClass(one, 1, 'mass');
    one.undo();
    expect(classesIn(one)).toEqual({ 1: 'cyst', 2: null });
    one.undo();
    expect(classesIn(one)).toEqual({ 1: null, 2: null });
    one.redo();
    expect(classesIn(one)).toEqual({ 1: 'cyst', 2: null });
  });

  it('goes with its lesion through deleting, merging and undo', () => {
    const one = editor('123', { 1: 'cyst', 2: 'mass' });
    mergeInto(one, 1, 3);
    expect(classesIn(one)).toEqual({ 2: 'mass', 3: 'cyst' });
    one.undo();
    mergeInto(one, 1, 2);
    expect(classesIn(one)).toEqual({ 2: 'mass', 3: null });
    one.undo();
    deleteLesion(one, 2);
    expect(classesIn(one)).toEqual({ 1: 'cyst', 3: null });
    one.undo();
    expect(classesIn(one)).toEqual({ 1: 'cyst', 2: 'mass', 3: null });
  });

  it('comes with a drawing that takes the place of this one', () => {
    const one = editor('12', { 1: 'cyst', 2: 'mass' });
    replace(one, mapOf('13'), 'Merge', {}, { 1: 'mass' });
    expect(classesIn(one)).toEqual({ 1: 'mass', 3: null });
    replace(one, mapOf('10'), 'Restore');
    expect(classesIn(one)).toEqual({ 1: 'mass' });
    expect(textOf(one.map)).toEqual(['1.']);
  });

  it('is refused where an image has such a region already', () => {
    const one = editor('12', { 1: 'ovary' });
    expect(setClass(one, 2, 'ovary')).toBe(false);
    expect(one.state.get().notice).toContain('merge them');
    expect(classesIn(one)).toEqual({ 1: 'ovary', 2: null });
  });

  it('is “lesion” where none is said and the set has that, or the only one there is', () => {
    const lesion = made(LESION_CLASS_ID);
    expect(classOf([lesion, ...CLASSES], null)).toBe(lesion);
    expect(classOf([made('old', { archived: true }), ...CLASSES.slice(0, 1)], null)?.id).toBe(
      'cyst',
    );
    expect(classOf(CLASSES, null)).toBeNull();
  });
});

it('outlines have the colour of their class only where there are several', () => {
  const lesions = [{ label: 1, name: '', classId: 'cyst' }];
  expect(lesionColours(lesions, CLASSES)[1]).toBe('#4fc3f7');
  expect(lesionColours(lesions, CLASSES.slice(0, 1))[1]).toBe(lesionColours([], [])[1]);
});
