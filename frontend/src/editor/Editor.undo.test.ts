import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blank, editorOf, mapOf, textOf } from '../testing/maps';
import * as commands from './commands';
import { swept } from './coverage';
import type { Editor } from './editor';

function dab(editor: Editor, x: number, y: number, radius: number, label = 1) {
  editor.begin('Brush');
  const at = { x, y, radius };
  editor.lay(swept(at, at), label, { overwrite: true, of: null });
  editor.commit();
}

/** All content that a page shows. */
const seen = (editor: Editor) => {
  const { lesions, answer, selected, measurements } = editor.state.get();
  return { pixels: textOf(editor.map), lesions, answer, selected, measurements };
};

const anyCommand = fc.oneof(
  fc.record({
    kind: fc.constant('dab' as const),
    x: fc.integer({ min: -3, max: 23 }),
    y: fc.integer({ min: -3, max: 17 }),
    radius: fc.double({ min: 0.5, max: 6, noNaN: true }),
    label: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({
    kind: fc.constant('command' as const),
    run: fc.constantFrom(
      (editor: Editor) => commands.newLesion(editor),
      (editor: Editor) => commands.deleteLesion(editor),
      (editor: Editor) => commands.fillHoles(editor),
      (editor: Editor) => commands.smooth(editor),
      (editor: Editor) => commands.grow(editor),
      (editor: Editor) => commands.shrink(editor),
      (editor: Editor) => commands.clear(editor),
    ),
  }),
  fc.record({ kind: fc.constant('merge' as const), a: fc.nat(3), b: fc.nat(3) }),
  fc.record({ kind: fc.constant('rename' as const), label: fc.nat(3), name: fc.string() }),
  fc.record({ kind: fc.constant('select' as const), label: fc.nat(3) }),
  fc.record({
    kind: fc.constant('answer' as const),
    answer: fc.constantFrom('lesions' as const, 'no-lesion' as const, 'cannot-judge' as const),
  }),
);

type AnyCommand = typeof anyCommand extends fc.Arbitrary<infer T> ? T : never;

function obey(editor: Editor, what: AnyCommand) {
  if (what.kind === 'dab') dab(editor, what.x, what.y, what.radius, what.label);
  else if (what.kind === 'merge') commands.mergeInto(editor, what.a, what.b);
  else if (what.kind === 'rename') commands.renameLesion(editor, what.label, what.name);
  else if (what.kind === 'select') editor.selectLesion(what.label);
  else if (what.kind === 'answer') commands.setAnswer(editor, what.answer);
  else what.run(editor);
}

describe('undo and redo', () => {
  it('restore every state exactly, in both directions, whatever was done', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 25 }), (actions) => {
        const editor = editorOf(mapOf(...Array(14).fill('....11......22......')));
        const states = [seen(editor)];
        for (const action of actions) {
          const steps = editor.history.position;
          obey(editor, action);
          if (editor.history.position > steps) states.push(seen(editor));
          // Selecting is not a step: it belongs to the state from which the next step starts.
          else states[states.length - 1] = seen(editor);
        }
        expect(editor.history.position).toBe(states.length - 1);
        for (let i = states.length - 1; i > 0; i -= 1) {
          editor.undo();
          expect(seen(editor).pixels).toEqual(states[i - 1]?.pixels);
          expect(seen(editor)).toEqual(states[i - 1]);
        }
        expect(editor.state.get().canUndo).toBe(false);
        editor.undo();
        for (const [i, state] of states.entries()) {
          if (i > 0) editor.redo();
          expect(seen(editor).pixels).toEqual(state.pixels);
          expect(seen(editor).lesions).toEqual(state.lesions);
        }
        expect(editor.state.get().canRedo).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it('name the step that they would apply', () => {
    const editor = editorOf(mapOf('11.', '11.'));
    commands.renameLesion(editor, 1, 'Cyst');
    commands.grow(editor);
    expect(editor.state.get().undoName).toBe('Grow');
    editor.undo();
    expect(editor.state.get()).toMatchObject({ undoName: 'Rename lesion', redoName: 'Grow' });
    expect(editor.history.names).toEqual(['Rename lesion', 'Grow']);
  });

  it('discard undone steps when something new is done', () => {
    const editor = editorOf(mapOf('1...'));
    commands.grow(editor);
    editor.undo();
    commands.newLesion(editor);
    editor.redo();
    expect(editor.history.names).toEqual(['New lesion']);
    expect(textOf(editor.map)).toEqual(['1...']);
  });

  it('cancel a stroke in progress first', () => {
    const editor = editorOf(mapOf('1...'));
    commands.grow(editor);
    editor.begin('Brush');
    editor.lay(swept({ x: 3.5, y: 0.5, radius: 1 }, { x: 3.5, y: 0.5, radius: 1 }), 1);
    editor.undo();
    expect(textOf(editor.map)).toEqual(['11..']);
    expect(editor.state.get()).toMatchObject({ stroking: false, undoName: 'Grow' });
  });

  it('go to any step of the history', () => {
    const editor = editorOf(mapOf('1.....'));
    for (let i = 0; i < 4; i += 1) commands.grow(editor);
    editor.travelTo(1);
    expect(textOf(editor.map)).toEqual(['11....']);
    editor.travelTo(4);
    expect(textOf(editor.map)).toEqual(['11111.']);
  });

  it('leave no step if nothing changed', () => {
    const editor = editorOf(mapOf('11', '11'));
    expect(commands.grow(editor)).toBe(false);
    expect(commands.fillHoles(editor)).toBe(false);
    expect(commands.renameLesion(editor, 1, 'Lesion 1')).toBe(false);
    expect(editor.state.get()).toMatchObject({ canUndo: false, revision: 0, dirty: false });
  });

  it('count every change of pixels as a revision', () => {
    const editor = editorOf(mapOf('1...'));
    commands.grow(editor);
    commands.renameLesion(editor, 1, 'Cyst');
    editor.undo();
    editor.undo();
    expect(editor.state.get().revision).toBe(2);
  });
});

describe('the memory of undo', () => {
  it('holds 10,000 strokes on 1024 × 768 in a few tens of megabytes', () => {
    const editor = editorOf(blank(1024, 768));
    let seed = 1;
    const random = () => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    };
    const first = editor.map.clone();
    for (let i = 0; i < 10_000; i += 1) {
      const from = { x: random() * 1024, y: random() * 768, radius: 4 + random() * 20 };
      const to = { ...from, x: from.x + random() * 120 - 60, y: from.y + random() * 120 - 60 };
      editor.begin('Brush');
      // Painting and erasing alternate, so that strokes keep changing pixels.
      editor.lay(swept(from, to), i % 2, { of: null });
      editor.commit();
    }
    expect(editor.history.position).toBeGreaterThan(9000);
    expect(editor.history.bytes).toBeLessThan(20e6);
    editor.travelTo(0);
    expect(editor.map.equals(first)).toBe(true);
  }, 60_000);
});
