import { describe, expect, it } from 'vitest';
import { editorOf, mapOf } from '../testing/maps';
import * as commands from './commands';

describe('unsaved work', () => {
  it('is what differs from the last save, by undo and redo too', () => {
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

  it('is a name or an answer too, but no measurement and no scribble', () => {
    const editor = editorOf(mapOf('1...'));
    commands.addMeasurement(editor, { kind: 'ruler', lines: [] });
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

  it('forgets nothing over a branch that held only a measurement', () => {
    const editor = editorOf(mapOf('1...'));
    commands.addMeasurement(editor, { kind: 'ruler', lines: [] });
    editor.markSaved();
    editor.undo();
    commands.addMeasurement(editor, { kind: 'ruler', lines: [] });
    expect(editor.state.get().dirty).toBe(false);
  });
});
