// @vitest-environment jsdom
import { afterEach, describe, expect, it } from 'vitest';
import { EditorCanvas } from '../../testing/editorCanvas';
import { blank, editorOf, ellipse } from '../../testing/maps';

let canvas: EditorCanvas;
afterEach(() => canvas.remove());

function open(map = blank(60, 40)) {
  const editor = editorOf(map);
  canvas = new EditorCanvas(editor);
  return editor;
}

const areasOf = (editor: ReturnType<typeof open>) => editor.blackout.state.get().areas;

describe('the black box', () => {
  it('covers every pixel that the drag touched, in whichever direction it went', () => {
    const editor = open();
    editor.setTool('black-box');
    canvas.drag([
      [20.5, 15.5],
      [8.2, 4.9],
    ]);
    expect(areasOf(editor)).toEqual([
      { kind: 'rectangle', left: 8, top: 4, width: 13, height: 12 },
    ]);
  });

  it('ends at the edge of the frame', () => {
    const editor = open();
    editor.setTool('black-box');
    canvas.drag([
      [50, 30],
      [80, 60],
    ]);
    expect(areasOf(editor)).toEqual([
      { kind: 'rectangle', left: 50, top: 30, width: 10, height: 10 },
    ]);
  });

  it('is not made by a mere click', () => {
    const editor = open();
    editor.setTool('black-box');
    canvas.click(10.5, 10.5);
    expect(areasOf(editor)).toEqual([]);
  });

  it('changes no outline, and undoing it undoes no outline', () => {
    const editor = open(ellipse(60, 40, { x: 20, y: 20 }, 6, 6));
    const before = editor.map.data.slice();
    editor.setTool('brush');
    canvas.drag([
      [40, 20],
      [44, 20],
    ]);
    const drawn = editor.map.data.slice();
    expect(drawn).not.toEqual(before);
    editor.setTool('black-box');
    canvas.drag([
      [10, 10],
      [30, 30],
    ]);
    expect(editor.map.data).toEqual(drawn);
    expect(canvas.run('undo')).toBe(true);
    expect(areasOf(editor)).toEqual([]);
    expect(canvas.run('undo')).toBe(true);
    expect(editor.map.data).toEqual(drawn);
    canvas.run('redo');
    expect(areasOf(editor)).toHaveLength(1);
    editor.setTool('brush');
    canvas.run('undo');
    expect(editor.map.data).toEqual(before);
    expect(areasOf(editor)).toHaveLength(1);
  });

  it('can be drawn with the keyboard alone', () => {
    const editor = open();
    canvas.run('tool-black-box');
    canvas.run('crosshair-right');
    canvas.run('press');
    for (let step = 0; step < 5; step += 1) canvas.run('crosshair-right');
    for (let step = 0; step < 3; step += 1) canvas.run('crosshair-down');
    canvas.run('press');
    expect(areasOf(editor)).toEqual([
      { kind: 'rectangle', left: 30, top: 20, width: 6, height: 4 },
    ]);
  });
});

describe('the black polygon', () => {
  it('has the clicked corners, none outside the frame', () => {
    const editor = open();
    editor.setTool('black-polygon');
    canvas.click(10, 10);
    canvas.click(70, 10);
    canvas.click(30, 30);
    expect(canvas.run('close')).toBe(true);
    expect(areasOf(editor)).toEqual([
      {
        kind: 'polygon',
        points: [
          [10, 10],
          [60, 10],
          [30, 30],
        ],
      },
    ]);
    expect(editor.map.data.some(Boolean)).toBe(false);
  });

  it('can have points taken back before it is closed', () => {
    const editor = open();
    editor.setTool('black-polygon');
    canvas.click(10, 10);
    canvas.click(20, 10);
    expect(canvas.run('remove-point')).toBe(true);
    expect(canvas.run('close')).toBe(false);
    expect(canvas.run('cancel')).toBe(true);
    expect(areasOf(editor)).toEqual([]);
  });
});
