import { describe, expect, it } from 'vitest';
import { editorOf, mapOf, textOf } from '../testing/maps';
import { classOf, type EditorClass, isSingle, LESION_CLASS_ID, lesionColours } from './classes';
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

  it('stays with its lesion through deleting, merging and undo', () => {
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

  it('comes with a drawing that replaces this one', () => {
    const one = editor('12', { 1: 'cyst', 2: 'mass' });
    replace(one, { map: mapOf('13'), classIds: { 1: 'mass' } }, 'Merge');
    expect(classesIn(one)).toEqual({ 1: 'mass', 3: null });
    replace(one, { map: mapOf('10') }, 'Restore');
    expect(classesIn(one)).toEqual({ 1: null });
    expect(textOf(one.map)).toEqual(['1.']);
  });

  it('is refused if the image already has such a region', () => {
    const one = editor('12', { 1: 'ovary' });
    expect(setClass(one, 2, 'ovary')).toBe(false);
    expect(one.state.get().notice).toContain('merge them');
    expect(classesIn(one)).toEqual({ 1: 'ovary', 2: null });
  });

  it("is “lesion” if none is given and the set has that class, or the set's only class", () => {
    const lesion = made(LESION_CLASS_ID);
    expect(classOf([lesion, ...CLASSES], null)).toBe(lesion);
    expect(classOf([made('old', { archived: true }), ...CLASSES.slice(0, 1)], null)?.id).toBe(
      'cyst',
    );
    expect(classOf(CLASSES, null)).toBeNull();
  });

  it('is requested if the only one is in a separate layer', () => {
    const shadow = [made('shadow', { overlaps: true })];
    expect(classOf(shadow, null)).toBeNull();
    expect(isSingle(shadow)).toBe(false);
    expect(isSingle(CLASSES.slice(0, 1))).toBe(true);
  });
});

it('outlines have the colour of their class only if there are several', () => {
  const lesions = [{ label: 1, name: '', classId: 'cyst', values: {} }];
  expect(lesionColours(lesions, CLASSES)[1]).toBe('#4fc3f7');
  expect(lesionColours(lesions, CLASSES.slice(0, 1))[1]).toBe(lesionColours([], [])[1]);
});

describe('lesions that may share pixels with others', () => {
  const SHADOW = made('shadow', { overlaps: true });
  const layered = (row: string, classIds: Record<number, string> = {}, overlay = '') =>
    editorOf(mapOf(row), {
      classes: [...CLASSES, SHADOW],
      classIds,
      ...(overlay ? { overlays: new Map([['shadow', mapOf(overlay)]]) } : {}),
    });
  const shown = (one: Editor) => one.maps.map(({ map }) => textOf(map)[0]);

  it('are in a layer of their class, which they enter and leave with the class', () => {
    const one = layered('1122', { 1: 'cyst', 2: 'mass' });
    setClass(one, 2, 'shadow');
    expect(shown(one)).toEqual(['11..', '..22']);
    one.undo();
    expect(shown(one)).toEqual(['1122']);
    one.redo();
    setClass(one, 2, 'mass');
    expect(shown(one)).toEqual(['1122']);
    expect(one.state.get().lesions.map(({ area }) => area)).toEqual([2, 2]);
  });

  it('are painted over others without taking their pixels', () => {
    const one = layered('11..', { 1: 'cyst', 2: 'shadow' }, '..2.');
    one.selectLesion(2);
    one.begin('Brush');
    one.lay({ box: one.map.box, inside: Uint8Array.of(1, 1, 1, 1) }, 2);
    one.commit();
    expect(shown(one)).toEqual(['11..', '2222']);
    expect([one.lesionAt(0, 0), one.map.at(0, 0)]).toEqual([2, 2]);
    one.selectLesion(1);
    expect([one.lesionAt(0, 0), one.map.at(0, 0)]).toEqual([1, 1]);
    one.undo();
    expect(shown(one)).toEqual(['11..', '..2.']);
  });

  it('leave covered pixels when they join the common layer, and report it', () => {
    const one = layered('11..', { 1: 'cyst', 2: 'shadow' }, '.22.');
    setClass(one, 2, 'mass');
    expect(shown(one)).toEqual(['112.']);
    expect(one.state.get().notice).toContain('1 px');
    one.undo();
    setClass(one, 1, 'shadow');
    expect(shown(one)).toEqual(['....', '122.']);
  });

  it('merge into a lesion of another layer with all their free pixels', () => {
    const one = layered('11..', { 1: 'cyst', 2: 'shadow' }, '.222');
    mergeInto(one, 2, 1);
    expect(shown(one)).toEqual(['1111']);
    one.undo();
    mergeInto(one, 1, 2);
    expect(shown(one)).toEqual(['....', '2222']);
    deleteLesion(one, 2);
    expect(shown(one)).toEqual(['....']);
  });
});
