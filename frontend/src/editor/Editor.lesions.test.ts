import { describe, expect, it } from 'vitest';
import { editorOf, mapOf, textOf } from '../testing/maps';
import type { Box } from './box';
import * as commands from './commands';
import { contentOf, labelsOf } from './content';
import { Editor } from './editor';
import { LabelMap } from './labelMap';
import { measureLesion } from './measure';
import { EditorError } from './setup';

const all = (map: LabelMap) => ({ box: map.box, inside: new Uint8Array(map.data.length).fill(1) });

describe('the list of lesions', () => {
  it('gives name, area and box of each', () => {
    const editor = editorOf(mapOf('.11.', '.1.2'), { names: { 2: 'Cyst' } });
    expect(editor.state.get().lesions).toEqual([
      {
        label: 1,
        name: 'Lesion 1',
        classId: null,
        values: {},
        area: 3,
        visible: true,
        box: { left: 1, top: 0, width: 2, height: 2 },
      },
      {
        label: 2,
        name: 'Cyst',
        classId: null,
        values: {},
        area: 1,
        visible: true,
        box: { left: 3, top: 1, width: 1, height: 1 },
      },
    ]);
    expect(editor.state.get().selected).toBe(1);
  });

  it('follows every stroke', () => {
    const editor = editorOf(mapOf('1...', '....'));
    editor.begin('Brush');
    editor.lay({ box: { left: 3, top: 1, width: 1, height: 1 }, inside: Uint8Array.of(1) }, 1);
    editor.commit();
    expect(editor.state.get().lesions[0]).toMatchObject({
      area: 2,
      box: { left: 0, top: 0, width: 4, height: 2 },
    });
    commands.removeIsland(editor, 0, 0);
    expect(editor.state.get().lesions[0]).toMatchObject({
      area: 1,
      box: { left: 3, top: 1, width: 1, height: 1 },
    });
  });

  it('gives a new lesion the first free number and selects it', () => {
    const editor = editorOf(mapOf('1.3'));
    commands.newLesion(editor, 'Cyst');
    expect(editor.state.get().lesions.map(({ label, name }) => [label, name])).toEqual([
      [1, 'Lesion 1'],
      [2, 'Cyst'],
      [3, 'Lesion 3'],
    ]);
    expect(editor.state.get().selected).toBe(2);
  });

  it('reports that there is no number left', () => {
    const editor = editorOf(
      new LabelMap(
        254,
        1,
        Uint8Array.from({ length: 254 }, (_, i) => i + 1),
      ),
    );
    expect(commands.newLesion(editor)).toBe(false);
    expect(editor.state.get().notice).toContain('254 lesions');
    expect(editor.state.get().canUndo).toBe(false);
  });

  it('deletes, and selects one of the remaining', () => {
    const editor = editorOf(mapOf('12'));
    commands.deleteLesion(editor);
    expect(textOf(editor.map)).toEqual(['.2']);
    expect(editor.state.get().selected).toBe(2);
    editor.undo();
    expect(textOf(editor.map)).toEqual(['12']);
    expect(editor.state.get().selected).toBe(1);
  });

  it('merges one lesion into another', () => {
    const editor = editorOf(mapOf('1.22'));
    commands.mergeInto(editor, 1, 2);
    expect(textOf(editor.map)).toEqual(['2.22']);
    expect(editor.state.get().lesions.map((one) => one.label)).toEqual([2]);
  });

  it('falls back to the default for an empty name', () => {
    const editor = editorOf(mapOf('1'), { names: { 1: 'Cyst' } });
    commands.renameLesion(editor, 1, '  ');
    expect(editor.state.get().lesions[0]?.name).toBe('Lesion 1');
  });

  it('asks for a lesion if a command needs one', () => {
    const editor = editorOf(mapOf('..'));
    expect(commands.grow(editor)).toBe(false);
    expect(editor.state.get().notice).toContain('draw one first');
    const several = editorOf(mapOf('1.2'));
    several.selectLesion(null);
    expect(commands.grow(several)).toBe(false);
    expect(several.state.get().notice).toContain('Several lesions');
    const single = editorOf(mapOf('.1.'));
    single.selectLesion(null);
    expect(commands.grow(single)).toBe(true);
  });

  it.each([
    ['holes', (editor: Editor) => commands.fillHoles(editor)],
    ['stray areas', (editor: Editor) => commands.removeStrayAreas(editor)],
    ['no room to grow', (editor: Editor) => commands.grow(editor)],
    ['one piece', (editor: Editor) => commands.splitLesion(editor)],
  ])('reports that there is nothing to do: %s', (reason, run) => {
    const editor = editorOf(mapOf('111', '111'));
    expect(run(editor)).toBe(false);
    expect(editor.state.get().notice).toContain(reason);
  });
});

describe('a lesion in pieces', () => {
  const pieces = () => {
    const editor = editorOf(mapOf('11..1', '11...', '....1', '2..11'), {
      names: { 1: 'Cyst' },
      classIds: { 1: 'benign' },
    });
    editor.selectLesion(1);
    return editor;
  };

  it('is reported; parts that touch at a corner count as one', () => {
    expect(commands.lesionsInPieces(pieces())).toEqual([{ label: 1, name: 'Cyst', parts: 3 }]);
    expect(commands.lesionsInPieces(editorOf(mapOf('1.', '.1')))).toEqual([]);
  });

  it('is split into lesions of the same class, the largest keeping the number', () => {
    const editor = pieces();
    expect(commands.splitLesion(editor)).toBe(true);
    expect(textOf(editor.map)).toEqual(['11..4', '11...', '....3', '2..33']);
    expect(editor.state.get().lesions.map(({ name, classId }) => [name, classId])).toEqual([
      ['Cyst', 'benign'],
      ['Lesion 2', null],
      ['Lesion 3', 'benign'],
      ['Lesion 4', 'benign'],
    ]);
    expect(editor.state.get().selected).toBe(1);
    editor.undo();
    expect(editor.state.get().lesions).toHaveLength(2);
  });

  it('loses all but its largest part, and nothing of others', () => {
    const editor = pieces();
    expect(commands.removeStrayAreas(editor)).toBe(true);
    expect(textOf(editor.map)).toEqual(['11...', '11...', '.....', '2....']);
  });

  it('has the size of its longest part: no size spans a gap', () => {
    const editor = editorOf(mapOf('1111....11', '1111....11'));
    const box = editor.state.get().lesions[0]?.box;
    const { longAxis, areaPx, parts } = measureLesion(editor.map, 1, box as Box, null);
    expect(longAxis.px).toBeCloseTo(Math.hypot(4, 1), 0);
    expect(areaPx).toBe(12);
    expect(parts.map(({ area }) => area)).toEqual([8, 4]);
  });
});

describe('painting', () => {
  it('never overwrites pixels of another lesion', () => {
    const editor = editorOf(mapOf('1.2.'));
    editor.begin('Brush');
    editor.lay(all(editor.map), 1);
    editor.commit();
    expect(textOf(editor.map)).toEqual(['1121']);
  });

  it('overwrites them with the option, but not those of a hidden lesion', () => {
    const editor = editorOf(mapOf('1.23'));
    editor.setVisible(3, false);
    editor.begin('Brush');
    editor.lay(all(editor.map), 1, { overwrite: true });
    editor.commit();
    expect(textOf(editor.map)).toEqual(['1113']);
  });

  it('removes from one lesion, or from all visible ones', () => {
    const editor = editorOf(mapOf('123'));
    editor.setVisible(3, false);
    editor.begin('Eraser');
    editor.lay(all(editor.map), 0, { of: 2 });
    editor.commit();
    expect(textOf(editor.map)).toEqual(['1.3']);
    editor.begin('Eraser');
    editor.lay(all(editor.map), 0, { of: null });
    editor.commit();
    expect(textOf(editor.map)).toEqual(['..3']);
  });

  it('writes nothing outside a step', () => {
    const editor = editorOf(mapOf('1.'));
    editor.lay(all(editor.map), 1);
    editor.rewrite(editor.map.box, () => 7);
    commands.grow(editor);
    expect(textOf(editor.map)).toEqual(['11']);
    expect(editor.history.names).toEqual(['Grow']);
  });
});

describe('answers for the whole image', () => {
  it.each(['no-lesion', 'cannot-judge'] as const)(
    '"%s" empties the map in one step, and drawing reverts it',
    (answer) => {
      const editor = editorOf(mapOf('11.2'));
      commands.setAnswer(editor, answer);
      expect(textOf(editor.map)).toEqual(['....']);
      expect(editor.state.get()).toMatchObject({ answer, lesions: [] });
      editor.begin('Brush');
      editor.lay(all(editor.map), editor.addLesion());
      editor.commit();
      expect(editor.state.get().answer).toBe('lesions');
      editor.undo();
      editor.undo();
      expect(textOf(editor.map)).toEqual(['11.2']);
      expect(editor.state.get().answer).toBe('lesions');
    },
  );
});

describe('pixels from another source', () => {
  it('replace the map in one step and keep names if labels persist', () => {
    const editor = editorOf(mapOf('11.2'), { names: { 2: 'Cyst' } });
    commands.replace(editor, { map: mapOf('.223') }, 'Restore');
    expect(textOf(editor.map)).toEqual(['.223']);
    expect(editor.state.get().lesions.map((one) => one.name)).toEqual(['Cyst', 'Lesion 3']);
    expect(editor.state.get().undoName).toBe('Restore');
    editor.undo();
    expect(textOf(editor.map)).toEqual(['11.2']);
  });

  it('reshape only one lesion, as with an answer of refine', () => {
    const editor = editorOf(mapOf('11..2', '11..2'));
    editor.begin('Scribble lesion');
    editor.layScribble(
      { box: { left: 0, top: 0, width: 1, height: 1 }, inside: Uint8Array.of(1) },
      1,
    );
    editor.commit();
    commands.setLesionPixels(editor, 1, mapOf('.1111', '.....'), 'Refine', {
      clearScribbles: true,
    });
    expect(textOf(editor.map)).toEqual(['.1112', '....2']);
    expect(editor.state.get().scribbled).toBe(0);
    editor.undo();
    expect(textOf(editor.map)).toEqual(['11..2', '11..2']);
    expect(editor.state.get().scribbled).toBe(1);
  });

  it('add a lesion, as with an answer of box', () => {
    const editor = editorOf(mapOf('1...'));
    commands.setLesionPixels(editor, null, mapOf('..11'), 'Box');
    expect(textOf(editor.map)).toEqual(['1.22']);
    expect(editor.state.get().selected).toBe(2);
  });

  it('of another size are refused', () => {
    const editor = editorOf(mapOf('1...'));
    expect(() => commands.replace(editor, { map: mapOf('1') }, 'Restore')).toThrow(EditorError);
    const map = mapOf('1.');
    const frame = {
      width: 3,
      height: 1,
      data: new Uint8ClampedArray(12),
      colorSpace: 'srgb' as const,
    };
    expect(() => new Editor({ map, frame, spacing: null })).toThrow('size of the frame');
  });

  it("remain the caller's own", () => {
    const map = mapOf('1...');
    const editor = editorOf(map);
    commands.grow(editor);
    expect(textOf(map)).toEqual(['1...']);
  });
});

describe('an outline that is more likely not a lesion', () => {
  const DOUBT = { box: { left: 1, top: 0, width: 2, height: 2 }, area: 3, probability: 0.2 };
  const doubts = (editor: Editor) => editor.state.get().lesions.map(({ doubt }) => doubt);

  it('is open until somebody keeps it, and open again after undo', () => {
    const editor = editorOf(mapOf('.11.', '.1.2'));
    editor.setDoubts([DOUBT]);
    expect(doubts(editor)).toEqual([0.2, undefined]);
    expect(editor.state.get().dirty).toBe(false);
    commands.keepLesion(editor, 1);
    expect(doubts(editor)).toEqual([undefined, undefined]);
    expect(editor.state.get().dirty).toBe(true);
    commands.renameLesion(editor, 2, 'Cyst');
    expect(doubts(editor)).toEqual([undefined, undefined]);
    editor.undo();
    editor.undo();
    expect(doubts(editor)).toEqual([0.2, undefined]);
  });

  it('stays kept in a drawing that is resumed', () => {
    const editor = editorOf(mapOf('.11.', '.1.2'));
    editor.setDoubts([DOUBT]);
    commands.keepLesion(editor, 1);
    const draft = contentOf(labelsOf(editor));
    const reloaded = editorOf(mapOf('.11.', '.1.2'));
    reloaded.setDoubts([DOUBT]);
    expect(doubts(reloaded)).toEqual([0.2, undefined]);
    commands.replace(reloaded, draft, 'Take up draft');
    expect(doubts(reloaded)).toEqual([undefined, undefined]);
    const opened = editorOf(draft.map, draft);
    opened.setDoubts([DOUBT]);
    expect(doubts(opened)).toEqual([undefined, undefined]);
  });

  it('is decided by drawing on it or deleting it', () => {
    const editor = editorOf(mapOf('.11.', '.1.2'));
    editor.setDoubts([DOUBT]);
    editor.begin('Brush');
    editor.lay({ box: { left: 0, top: 0, width: 1, height: 1 }, inside: Uint8Array.of(1) }, 1);
    editor.commit();
    expect(doubts(editor)).toEqual([undefined, undefined]);
    editor.undo();
    expect(doubts(editor)).toEqual([0.2, undefined]);
    commands.deleteLesion(editor, 1);
    expect(doubts(editor)).toEqual([undefined]);
  });
});
