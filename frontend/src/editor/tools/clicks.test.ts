// @vitest-environment jsdom
import { afterEach, describe, expect, it } from 'vitest';
import { EditorCanvas } from '../../testing/editorCanvas';
import { blank, editorOf } from '../../testing/maps';

let canvas: EditorCanvas;
afterEach(() => canvas.remove());

function open() {
  const editor = editorOf(blank(60, 40));
  canvas = new EditorCanvas(editor);
  editor.setTool('box');
  const { boxes, points } = canvas;
  return { editor, boxes, points };
}

describe('the box tool', () => {
  it('treats a click as a question about the lesion under it, and a drag as a box', () => {
    const { boxes, points } = open();
    canvas.click(10.5, 20.5);
    expect(points).toEqual([{ x: 10, y: 20 }]);
    expect(boxes).toEqual([]);
    canvas.drag([
      [5, 5],
      [25, 15],
    ]);
    expect(points).toHaveLength(1);
    expect(boxes).toEqual([{ left: 5, top: 5, width: 20, height: 10 }]);
  });

  it('reports what is wrong with a box that is only a line', () => {
    const { editor, boxes, points } = open();
    canvas.drag([
      [5, 5],
      [45, 6],
    ]);
    expect([...boxes, ...points]).toEqual([]);
    expect(editor.state.get().notice).toMatch(/too small/);
  });
});
