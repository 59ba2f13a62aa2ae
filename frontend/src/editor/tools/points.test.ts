// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EditorCanvas } from '../../testing/editorCanvas';
import { blank, countOf, editorOf, mapOf } from '../../testing/maps';
import type { Editor } from '../editor';

let editor: Editor;
let canvas: EditorCanvas;

beforeEach(() => {
  editor = editorOf(blank(100, 80), { tool: 'polygon' });
  canvas = new EditorCanvas(editor);
  for (const at of [
    [20, 20],
    [60, 20],
    [60, 60],
    [20, 60],
  ] as const) {
    canvas.click(at[0], at[1]);
  }
  canvas.run('close');
  editor.setTool('points');
});

afterEach(() => canvas.remove());

const WHOLE = 40 * 40;
const drag = (from: readonly [number, number], to: readonly [number, number]) =>
  canvas.drag([from, to]);

describe('the points of an outline', () => {
  it('are those that were placed, and the pixels follow the dragged one', () => {
    drag([60, 60], [80, 60]);
    expect(countOf(editor.map, 1)).toBe(WHOLE + 20 * 20);
    expect(editor.state.get().undoName).toBe('Move point');
    drag([80, 60], [60, 60]);
    expect(countOf(editor.map, 1)).toBe(WHOLE);
  });

  it('move with the pixels, and Escape takes the drag back', () => {
    canvas.pointer('pointerdown', 60, 60);
    canvas.pointer('pointermove', 80, 60);
    expect(countOf(editor.map, 1)).toBe(WHOLE + 400);
    canvas.pointer('pointermove', 60, 70);
    expect(countOf(editor.map, 1)).toBe(WHOLE + 200);
    canvas.run('cancel');
    expect(countOf(editor.map, 1)).toBe(WHOLE);
    expect(editor.state.get().undoName).toBe('Polygon');
  });

  it('are restored by undo together with the pixels', () => {
    drag([60, 60], [80, 60]);
    canvas.run('undo');
    expect(countOf(editor.map, 1)).toBe(WHOLE);
    drag([60, 60], [80, 60]);
    expect(countOf(editor.map, 1)).toBe(WHOLE + 400);
    canvas.run('undo');
    canvas.run('redo');
    drag([80, 60], [60, 60]);
    expect(countOf(editor.map, 1)).toBe(WHOLE);
  });

  it('are added where the line is pressed', () => {
    drag([40, 60], [40, 70]);
    expect(countOf(editor.map, 1)).toBe(WHOLE + 200);
    drag([30, 65], [30, 65]);
    expect(countOf(editor.map, 1)).toBe(WHOLE + 200);
  });

  it('are removed by Shift and a click, a double click or Backspace, but three remain', () => {
    canvas.click(60, 60, { shiftKey: true });
    expect(countOf(editor.map, 1)).toBeGreaterThan(WHOLE / 2 - 50);
    expect(countOf(editor.map, 1)).toBeLessThan(WHOLE / 2 + 50);
    expect(editor.state.get().undoName).toBe('Remove point');
    canvas.click(60, 20);
    canvas.run('remove-point');
    expect(editor.state.get().notice).toBe('An outline needs three points.');
    canvas.run('undo');
    canvas.click(20, 60);
    canvas.doubleClick(20, 60);
    expect(editor.state.get().undoName).toBe('Remove point');
  });

  it('can be moved by a fingertip near them', () => {
    canvas.drag(
      [
        [66, 64],
        [80, 60],
      ],
      { pointerType: 'touch' },
    );
    expect(countOf(editor.map, 1)).toBe(WHOLE + 400);
  });

  it('can be moved by keys alone', () => {
    for (let i = 0; i < 4; i += 1) canvas.run('close');
    const at = canvas.crosshairAt;
    expect([
      [20, 20],
      [60, 20],
      [60, 60],
      [20, 60],
    ]).toContainEqual([at?.x, at?.y]);
    canvas.run('press');
    canvas.run('crosshair-left', true);
    canvas.run('press');
    expect(editor.state.get().undoName).toBe('Move point');
    expect(countOf(editor.map, 1)).not.toBe(WHOLE);
    canvas.run('remove-point');
    expect(editor.state.get().undoName).toBe('Remove point');
  });
});

describe('an outline that was painted', () => {
  const rows = [
    '....................',
    '..11111111..........',
    '..11111111..........',
    '..11111111111111....',
    '..1111....111111....',
    '..1111....111111....',
    '..1111111111.111....',
    '..1111111111........',
    '....................',
    '..222.....11........',
    '....................',
  ];

  it('keeps every pixel beyond the neighbours of a moved point, holes and parts included', () => {
    canvas.remove();
    editor = editorOf(mapOf(...rows), { tool: 'points' });
    canvas = new EditorCanvas(editor);
    canvas.click(3, 2);
    const before = editor.map.clone();
    canvas.drag([
      [2, 8],
      [0, 9],
    ]);
    expect(editor.state.get().undoName).toBe('Move point');
    editor.map.data.forEach((label, i) => {
      const [x, y] = [i % 20, Math.floor(i / 20)];
      if (x > 12 || y < 1) expect(label).toBe(before.data[i]);
    });
    expect(countOf(editor.map, 2)).toBe(3);
    expect(editor.map.at(7, 4)).toBe(0);
    expect(editor.map.at(10, 9)).toBe(1);
    expect(editor.map.at(1, 8)).toBe(1);
  });
});
