import { describe, expect, it } from 'vitest';
import { editorOf, mapOf } from '../testing/maps';
import { type EditorAttribute, missingIn, numberOf } from './attributes';
import type { EditorClass } from './classes';
import { setAnswer, setClass, setValue } from './commands';

const made = (id: string): EditorClass => ({
  ...{ id, name: id, colour: '#ffd54a', kind: 'instance', overlaps: false, archived: false },
  kind: 'instance',
});
const asked = (id: string, change: Partial<EditorAttribute> = {}): EditorAttribute => ({
  ...{ id, name: id, subject: 'lesion', kind: 'text', required: true, archived: false },
  ...{ class_ids: [], choices: [] },
  ...change,
});
const CLASSES = [made('mass'), made('cyst')];
const ATTRIBUTES = [
  asked('margin', { class_ids: ['mass'] }),
  asked('note', { required: false }),
  asked('old', { archived: true }),
  asked('category', { subject: 'image' }),
];
const editor = (row: string, classIds: Record<number, string> = {}) =>
  editorOf(mapOf(row), { classes: CLASSES, attributes: ATTRIBUTES, classIds });
const lacks = (one: ReturnType<typeof editor>) =>
  missingIn(one.state.get()).map(({ lesion, attribute }) => [lesion, attribute]);

describe('the answers missing in a drawing', () => {
  it('are first classes, then attributes of lesions, then attributes of the image', () => {
    const one = editor('12');
    expect(lacks(one)).toEqual([
      [1, null],
      [2, null],
      [null, 'category'],
    ]);
    setClass(one, 1, 'mass');
    setClass(one, 2, 'cyst');
    setValue(one, null, 'category', '2');
    expect(lacks(one)).toEqual([[1, 'margin']]);
    setValue(one, 1, 'margin', 'sharp');
    expect(lacks(one)).toEqual([]);
    one.undo();
    expect(lacks(one)).toEqual([[1, 'margin']]);
  });

  it('exclude lesions if there are none, and are empty if the image cannot be judged', () => {
    const one = editor('12');
    setAnswer(one, 'no-lesion');
    expect(lacks(one)).toEqual([[null, 'category']]);
    setAnswer(one, 'cannot-judge');
    expect(lacks(one)).toEqual([]);
  });

  it('are removed by a class that does not have them, and undo restores them', () => {
    const one = editor('1', { 1: 'mass' });
    setValue(one, 1, 'margin', 'sharp');
    setValue(one, 1, 'note', 'seen twice');
    setClass(one, 1, 'cyst');
    expect(one.state.get().lesions[0]?.values).toEqual({ note: 'seen twice' });
    one.undo();
    expect(one.state.get().lesions[0]?.values).toEqual({ margin: 'sharp', note: 'seen twice' });
  });
});

it('a typed number may contain a comma, and is refused outside its limits', () => {
  const depth = asked('depth', { kind: 'number', minimum: 0, maximum: 20 });
  expect(numberOf('12,5', depth)).toBe(12.5);
  expect(numberOf('-1', depth)).toBe('At least 0.');
  expect(numberOf('21', depth)).toBe('At most 20.');
  expect(numberOf('deep', depth)).toBe('Type a number.');
});
