// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EditorCanvas } from '../../testing/editorCanvas';
import { blank, countOf, editorOf, mapOf, textOf } from '../../testing/maps';
import type { Editor } from '../editor';
import { LabelMap } from '../labelMap';

let editor: Editor;
let canvas: EditorCanvas;

function open(map: LabelMap) {
  canvas?.remove();
  editor = editorOf(map, { options: { radius: 3 } });
  canvas = new EditorCanvas(editor);
}

beforeEach(() => open(blank(60, 40)));
afterEach(() => canvas.remove());

describe('the brush', () => {
  it('creates a lesion if there is none, in the same step as the stroke', () => {
    canvas.drag([
      [10, 20],
      [50, 20],
    ]);
    expect(editor.state.get()).toMatchObject({ selected: 1, undoName: 'Brush' });
    expect(editor.state.get().lesions[0]?.box).toEqual({ left: 7, top: 17, width: 46, height: 6 });
    editor.undo();
    expect(editor.state.get().lesions).toEqual([]);
  });

  it('leaves no empty lesion and no step behind if it misses the image', () => {
    canvas.drag([
      [-30, -30],
      [-20, -30],
    ]);
    expect(editor.state.get()).toMatchObject({ lesions: [], canUndo: false });
  });

  it('follows every sample of the pointer, not just one per frame', () => {
    canvas.pointer('pointerdown', 5, 5);
    canvas.coalesced([
      [5, 35],
      [55, 35],
      [55, 5],
    ]);
    canvas.pointer('pointerup', 55, 5);
    expect(editor.map.at(30, 35)).toBe(1);
    expect(editor.map.at(30, 5)).toBe(0);
  });

  it('paints on the selected lesion and leaves the others unchanged', () => {
    open(mapOf(...Array(10).fill('11........22........')));
    editor.selectLesion(1);
    canvas.drag([
      [1, 5],
      [19, 5],
    ]);
    expect(countOf(editor.map, 2)).toBe(20);
    expect(editor.map.at(15, 5)).toBe(1);
    editor.setOptions({ overwrite: true });
    canvas.drag([
      [1, 5],
      [19, 5],
    ]);
    expect(editor.map.at(11, 5)).toBe(1);
  });

  it('shows a hidden lesion before painting on it', () => {
    open(mapOf('1.........'));
    editor.setVisible(1, false);
    canvas.click(5, 0.5);
    expect(editor.state.get().lesions[0]?.visible).toBe(true);
    expect(editor.map.at(5, 0)).toBe(1);
  });

  it.each([{ shiftKey: true }, { altKey: true }])('subtracts with %o', (held) => {
    open(mapOf(...Array(10).fill('1'.repeat(20))));
    canvas.click(10, 5, held);
    expect(editor.map.at(10, 5)).toBe(0);
    expect(editor.state.get().undoName).toBe('Eraser');
    expect(countOf(editor.map, 1)).toBeGreaterThan(160);
  });

  it('takes the stroke back if it is cancelled', () => {
    canvas.pointer('pointerdown', 10, 10);
    canvas.pointer('pointermove', 30, 10);
    canvas.pointer('pointercancel', 30, 10);
    expect(countOf(editor.map, 1)).toBe(0);
    expect(editor.state.get()).toMatchObject({ canUndo: false, stroking: false });
  });

  it('stops drawing after an undo in the middle of a stroke', () => {
    canvas.pointer('pointerdown', 10, 10);
    canvas.pointer('pointermove', 30, 10);
    editor.undo();
    canvas.pointer('pointermove', 50, 10);
    canvas.pointer('pointerup', 50, 10);
    expect(countOf(editor.map, 1)).toBe(0);
    expect(editor.state.get().canUndo).toBe(false);
  });

  it('reports that there is no number left for a new lesion', () => {
    open(
      new LabelMap(
        16,
        16,
        Uint8Array.from({ length: 256 }, (_, i) => Math.min(i, 254)),
      ),
    );
    editor.selectLesion(null);
    canvas.click(0.5, 0.5);
    expect(editor.state.get().notice).toContain('254 lesions');
    expect(editor.map.at(0, 0)).toBe(0);
  });
});

describe('the eraser', () => {
  it('removes from the lesion on which it begins, or from all if none is selected', () => {
    open(mapOf('1122', '1122'));
    editor.setTool('eraser');
    editor.selectLesion(1);
    canvas.click(2.5, 1);
    expect(textOf(editor.map)).toEqual(['11..', '11..']);
    expect(editor.state.get().selected).toBe(2);
    editor.undo();
    expect(textOf(editor.map)).toEqual(['1122', '1122']);
    expect(editor.state.get().selected).toBe(1);
    editor.selectLesion(null);
    canvas.click(2, 1);
    expect(textOf(editor.map)).toEqual(['....', '....']);
  });

  it('reports why it removed nothing', () => {
    open(mapOf('11......22', '11......22'));
    editor.setTool('eraser');
    editor.setOptions({ radius: 1 });
    editor.selectLesion(1);
    canvas.click(5, 1);
    expect(editor.state.get().notice).toContain('There are no pixels of Lesion 1 here');
    expect(editor.state.get().undoName).toBeNull();
  });

  it('leaves the answer “No lesion” after removing the last outline, until one is drawn', () => {
    open(mapOf('11..', '11..'));
    editor.setTool('eraser');
    canvas.click(1, 1);
    expect(editor.state.get().answer).toBe('no-lesion');
    expect(editor.state.get().notice).toContain('“No lesion”');
    editor.undo();
    expect(editor.state.get().answer).toBe('lesions');
    editor.redo();
    editor.setTool('brush');
    canvas.click(1, 1);
    expect(editor.state.get().answer).toBe('lesions');
  });

  it('is used for the other end of a pen, whatever the selected tool', () => {
    open(mapOf('1111111111'));
    const pen = { pointerType: 'pen', button: 5, buttons: 32 };
    canvas.click(5, 0.5, pen);
    expect(editor.map.at(5, 0)).toBe(0);
    expect(editor.state.get()).toMatchObject({ tool: 'brush', undoName: 'Eraser' });
  });
});

describe('the size of the brush', () => {
  const width = (pressure: number) => {
    open(blank(60, 40));
    editor.setOptions({ radius: 10 });
    canvas.click(30, 20, { pointerType: 'pen', pressure });
    return editor.state.get().lesions[0]?.box?.width ?? 0;
  };

  it('follows the pressure of a pen', () => {
    expect(width(0.5)).toBe(20);
    expect(width(1)).toBe(20);
    expect(width(0.25)).toBeLessThan(15);
    expect(width(0.01)).toBeGreaterThanOrEqual(6);
    open(blank(60, 40));
    editor.setOptions({ radius: 10, pressure: false });
    canvas.click(30, 20, { pointerType: 'pen', pressure: 0.1 });
    expect(editor.state.get().lesions[0]?.box?.width).toBe(20);
  });

  it('changes with the wheel and Alt, or with the wheel and Ctrl held on the keyboard', () => {
    const scale = canvas.store.get().view.scale;
    canvas.wheel(-100, { altKey: true });
    const first = editor.state.get().options.radius;
    expect(first).toBeGreaterThan(3);
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Control' }));
    canvas.wheel(-100, { ctrlKey: true });
    expect(editor.state.get().options.radius).toBeGreaterThan(first);
    window.dispatchEvent(new KeyboardEvent('keyup', { key: 'Control' }));
    expect(canvas.store.get().view.scale).toBe(scale);
  });

  it('does not change when a trackpad pinch reports Ctrl', () => {
    const scale = canvas.store.get().view.scale;
    canvas.wheel(-10, { ctrlKey: true });
    expect(editor.state.get().options.radius).toBe(3);
    expect(canvas.store.get().view.scale).toBeGreaterThan(scale);
  });

  it('changes with every key press and stays within its limits', () => {
    for (let i = 0; i < 100; i += 1) canvas.run('larger');
    expect(editor.state.get().options.radius).toBe(200);
    for (let i = 0; i < 500; i += 1) canvas.run('smaller');
    expect(editor.state.get().options.radius).toBe(0.5);
    canvas.run('larger');
    expect(editor.state.get().options.radius).toBe(1);
  });
});

describe('scribbles', () => {
  it('accumulate as fixed pixels and trigger the callback when the pointer is lifted', () => {
    editor.setTool('scribble');
    canvas.pointer('pointerdown', 10, 10);
    canvas.pointer('pointermove', 20, 10);
    expect(canvas.scribbles).toBe(0);
    canvas.pointer('pointerup', 20, 10);
    editor.setOptions({ scribble: 'not-lesion' });
    canvas.click(40, 30);
    canvas.click(50, 30, { shiftKey: true });
    expect(canvas.scribbles).toBe(3);
    expect([15, 40, 50].map((x) => editor.scribbles.at(x, x === 15 ? 10 : 30))).toEqual([1, 2, 1]);
    expect(countOf(editor.map, 1)).toBe(0);
    expect(editor.state.get().scribbled).toBe(
      editor.scribbles.data.filter((value) => value > 0).length,
    );
  });

  it('are undone stroke by stroke', () => {
    editor.setTool('scribble');
    canvas.click(10, 10);
    canvas.click(30, 10);
    editor.undo();
    expect([editor.scribbles.at(10, 10), editor.scribbles.at(30, 10)]).toEqual([1, 0]);
  });
});
