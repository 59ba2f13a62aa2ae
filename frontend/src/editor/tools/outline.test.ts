// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EditorCanvas } from '../../testing/editorCanvas';
import { blank, countOf, editorOf } from '../../testing/maps';
import type { Editor } from '../editor';

let editor: Editor;
let canvas: EditorCanvas;

beforeEach(() => {
  editor = editorOf(blank(60, 40), { tool: 'polygon' });
  canvas = new EditorCanvas(editor);
});

afterEach(() => canvas.remove());

const corners = [
  [10, 10],
  [40, 10],
  [40, 30],
  [10, 30],
] as const;

function place(points: readonly (readonly [number, number])[]) {
  for (const [x, y] of points) canvas.click(x, y);
}

describe('a polygon', () => {
  it('closes with Enter', () => {
    place(corners);
    expect(countOf(editor.map, 1)).toBe(0);
    expect(canvas.run('close')).toBe(true);
    expect(countOf(editor.map, 1)).toBe(30 * 20);
    expect(editor.state.get().undoName).toBe('Polygon');
  });

  it('closes with a double click, whose second click adds no point', () => {
    place(corners);
    canvas.click(10, 30);
    canvas.doubleClick(10, 30);
    expect(countOf(editor.map, 1)).toBe(30 * 20);
  });

  it('closes with a click on its first point', () => {
    place([...corners, [10.5, 10.5]]);
    expect(countOf(editor.map, 1)).toBe(30 * 20);
  });

  it('removes its last point with Backspace', () => {
    place([...corners.slice(0, 3), [55, 39], [10, 30]]);
    canvas.run('remove-point');
    canvas.run('remove-point');
    place([[10, 30]]);
    canvas.run('close');
    expect(countOf(editor.map, 1)).toBe(30 * 20);
  });

  it('is cancelled as a whole with Escape', () => {
    place(corners);
    expect(canvas.run('cancel')).toBe(true);
    expect(canvas.run('close')).toBe(false);
    expect(canvas.run('cancel')).toBe(false);
    expect(editor.state.get().canUndo).toBe(false);
  });

  it('subtracts if it was begun with Shift', () => {
    place(corners);
    canvas.run('close');
    canvas.click(20, 15, { shiftKey: true });
    place([
      [30, 15],
      [30, 25],
      [20, 25],
    ]);
    canvas.run('close');
    expect(countOf(editor.map, 1)).toBe(30 * 20 - 10 * 10);
    expect(editor.state.get().undoName).toBe('Polygon, subtract');
  });

  it('places a point where the button is released', () => {
    canvas.drag([
      [2, 2],
      [10, 10],
    ]);
    place(corners.slice(1));
    canvas.run('close');
    expect(countOf(editor.map, 1)).toBe(30 * 20);
  });

  it('adds nothing, not even a lesion, if it is a single line or outside the image', () => {
    place(corners.slice(0, 2));
    expect(canvas.run('close')).toBe(false);
    canvas.run('cancel');
    place([
      [-20, -20],
      [-10, -20],
      [-10, -10],
    ]);
    canvas.run('close');
    expect(editor.state.get()).toMatchObject({ lesions: [], canUndo: false });
  });
});

describe('a lasso', () => {
  beforeEach(() => editor.setTool('lasso'));

  it('adds what the line encloses', () => {
    canvas.drag(corners);
    expect(countOf(editor.map, 1)).toBe(30 * 20);
    expect(editor.state.get().undoName).toBe('Lasso');
  });

  it('subtracts it in the other mode', () => {
    canvas.drag(corners);
    editor.setOptions({ mode: 'subtract' });
    canvas.drag([
      [10, 10],
      [40, 10],
      [40, 20],
      [10, 20],
    ]);
    expect(countOf(editor.map, 1)).toBe(30 * 10);
  });
});
