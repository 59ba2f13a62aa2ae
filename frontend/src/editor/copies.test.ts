import { describe, expect, it } from 'vitest';
import { blank, editorOf, mapOf, textOf } from '../testing/maps';
import { copyOutlines } from './copies';

describe('outlines of the previous frame or image', () => {
  const before = mapOf('11...', '11...', '...22');

  it('are added to the drawing in one undoable step', () => {
    const editor = editorOf(mapOf('.1...', '.....', '.....'));
    expect(copyOutlines(editor, { map: before })).toBe(true);
    expect(textOf(editor.map)).toEqual(['21...', '22...', '...33']);
    expect(editor.state.get().undoName).toBe('Copy outlines');
    editor.undo();
    expect(textOf(editor.map)).toEqual(['.1...', '.....', '.....']);
    expect(editor.state.get().lesions).toHaveLength(1);
  });

  it('keep their classes if the project has them, and no attributes', () => {
    const kind = { kind: 'instance' as const, overlaps: false, archived: false };
    const cyst = { ...kind, id: 'cyst', name: 'Cyst', colour: '#00ff00' };
    const editor = editorOf(blank(5, 3), { classes: [cyst] });
    const classIds = { 1: 'cyst', 2: 'gone' };
    copyOutlines(editor, { map: before, classIds, values: { 1: { size: 3 } } });
    const { lesions } = editor.state.get();
    expect(lesions.map(({ classId }) => classId)).toEqual(['cyst', null]);
    expect(lesions.map(({ values }) => values)).toEqual([{}, {}]);
  });

  it('change nothing if there are none, if all pixels are taken, or if the size differs', () => {
    const editor = editorOf(mapOf('11...', '11...', '.....'));
    expect(copyOutlines(editor, { map: blank(5, 3) })).toBe(false);
    expect(editor.state.get().notice).toBe('There is no outline to copy.');
    expect(copyOutlines(editor, { map: mapOf('11...', '.....', '.....') })).toBe(false);
    expect(editor.state.get().notice).toMatch(/outlines cover those/);
    expect(copyOutlines(editor, { map: blank(4, 4) })).toBe(false);
    expect(editor.state.get().canUndo).toBe(false);
    expect(textOf(editor.map)).toEqual(['11...', '11...', '.....']);
  });
});
