import { describe, expect, it } from 'vitest';
import { editorOf, mapOf } from '../testing/maps';
import * as commands from './commands';
import { contentOf, labelsOf } from './content';
import { lineBetween } from './measure';

describe('unsaved work', () => {
  it('is any difference from the last save, also by undo and redo', () => {
    const editor = editorOf(mapOf('1...'));
    expect(editor.state.get().dirty).toBe(false);
    commands.grow(editor);
    expect(editor.state.get().dirty).toBe(true);
    editor.markSaved();
    expect(editor.state.get().dirty).toBe(false);
    editor.undo();
    expect(editor.state.get().dirty).toBe(true);
    editor.redo();
    expect(editor.state.get().dirty).toBe(false);
  });

  it('stays unsaved when the saved state can no longer be reached', () => {
    const editor = editorOf(mapOf('1...'));
    commands.grow(editor);
    editor.markSaved();
    editor.undo();
    commands.newLesion(editor);
    editor.undo();
    expect(editor.state.get().dirty).toBe(true);
  });

  it('includes rulers and notes, and both are restored with the saved state', () => {
    const editor = editorOf(mapOf('1...'));
    const line = lineBetween({ x: 1, y: 0.5 }, { x: 3.25, y: 0.5 }, null);
    commands.addMeasurement(editor, { kind: 'ruler', lines: [line] });
    expect(editor.state.get().dirty).toBe(true);
    commands.setNote(editor, 'Septum');
    const content = contentOf(labelsOf(editor));
    const again = editorOf(content.map, {
      ...content,
      spacing: { row: 0.1, column: 0.1 },
    });
    expect(again.state.get()).toMatchObject({ note: 'Septum', dirty: false });
    expect(again.state.get().measurements[0]?.lines[0]).toMatchObject({
      ...line,
      mm: expect.closeTo(0.225),
    });
    commands.replace(editor, { map: editor.map.clone(), note: '', measurements: [] }, 'Restore');
    expect(editor.state.get()).toMatchObject({ note: '', measurements: [] });
  });

  it('excludes rulers of somebody who only views', () => {
    const editor = editorOf(mapOf('1...'), { keepsMarks: false });
    commands.addMeasurement(editor, { kind: 'ruler', lines: [] });
    expect(editor.state.get()).toMatchObject({ dirty: false, undoName: 'Ruler' });
  });

  it('includes names and answers too, but not scribbles', () => {
    const editor = editorOf(mapOf('1...'));
    editor.begin('Scribble lesion');
    editor.layScribble({ box: editor.map.box, inside: new Uint8Array(4).fill(1) }, 1);
    editor.commit();
    expect(editor.state.get()).toMatchObject({ dirty: false, scribbled: 4 });
    commands.renameLesion(editor, 1, 'Cyst');
    expect(editor.state.get().dirty).toBe(true);
    editor.undo();
    expect(editor.state.get().dirty).toBe(false);
    commands.setAnswer(editor, 'cannot-judge');
    expect(editor.state.get().dirty).toBe(true);
  });

  it("is not forgotten because of a branch with only a viewer's measurement", () => {
    const editor = editorOf(mapOf('1...'), { keepsMarks: false });
    commands.addMeasurement(editor, { kind: 'ruler', lines: [] });
    editor.markSaved();
    editor.undo();
    commands.addMeasurement(editor, { kind: 'ruler', lines: [] });
    expect(editor.state.get().dirty).toBe(false);
  });
});
