// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EditorCanvas } from '../testing/editorCanvas';
import { blank, countOf, editorOf, mapOf } from '../testing/maps';
import type { Editor } from './editor';
import type { EditorCommand } from './keymap';

let editor: Editor;
let canvas: EditorCanvas;

beforeEach(() => {
  editor = editorOf(blank(60, 40), { options: { radius: 2 } });
  canvas = new EditorCanvas(editor);
});

afterEach(() => canvas.remove());

const go = (command: EditorCommand, times = 1, far = false) => {
  for (let i = 0; i < times; i += 1) canvas.run(command, far);
};

describe('drawing by keyboard alone', () => {
  it('first shows the crosshair in the middle, then moves it within the image', () => {
    go('crosshair-left');
    expect(canvas.crosshairAt).toEqual({ x: 30, y: 20 });
    go('crosshair-left');
    go('crosshair-up', 1, true);
    expect(canvas.crosshairAt).toEqual({ x: 29, y: 10 });
    go('crosshair-right', 20, true);
    go('crosshair-down', 9, true);
    expect(canvas.crosshairAt).toEqual({ x: 59, y: 39 });
  });

  it('starts at the selected lesion', () => {
    canvas.remove();
    editor = editorOf(mapOf('......', '...11.', '...11.'));
    canvas = new EditorCanvas(editor);
    go('press');
    expect(canvas.crosshairAt).toEqual({ x: 4, y: 2 });
  });

  it('paints a stroke between two presses', () => {
    go('press', 2);
    go('crosshair-right', 10);
    expect(editor.state.get().stroking).toBe(true);
    go('press');
    expect(editor.state.get()).toMatchObject({ stroking: false, undoName: 'Brush' });
    expect(editor.map.at(35, 20)).toBe(1);
    expect(editor.map.at(41, 20)).toBe(1);
    expect(editor.map.at(35, 23)).toBe(0);
  });

  it('draws a polygon point by point', () => {
    editor.setTool('polygon');
    go('press', 2);
    go('crosshair-right', 1, true);
    go('press');
    go('crosshair-down', 1, true);
    go('press');
    go('crosshair-left', 1, true);
    go('press');
    go('close');
    expect(countOf(editor.map, 1)).toBe(100);
  });

  it('draws boxes, measures and selects', () => {
    editor.setTool('box');
    go('press', 2);
    go('crosshair-right', 1, true);
    go('crosshair-down', 5);
    go('press');
    expect(canvas.boxes).toEqual([{ left: 30, top: 20, width: 11, height: 6 }]);
    editor.setTool('ruler');
    go('press');
    go('crosshair-left', 1, true);
    go('press');
    expect(editor.state.get().measurements[0]?.lines[0]?.px).toBeCloseTo(10);
  });

  it('cancels a stroke with Escape, then hides the crosshair, then leaves Escape to others', () => {
    go('press', 2);
    go('crosshair-right', 10);
    expect(canvas.run('cancel')).toBe(true);
    expect(countOf(editor.map, 1)).toBe(0);
    expect(canvas.run('cancel')).toBe(true);
    expect(canvas.crosshairAt).toBeNull();
    expect(canvas.run('cancel')).toBe(false);
  });

  it('keeps the crosshair visible', () => {
    canvas.camera.zoom(8, { x: 0, y: 0 });
    go('crosshair-right');
    go('crosshair-right', 5, true);
    const { view, canvas: size } = canvas.store.get();
    const x = ((canvas.crosshairAt?.x ?? 0) + 0.5) * view.scale + view.x;
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThanOrEqual(size.width);
  });
});

describe('commands by key', () => {
  it('walk through the lesions', () => {
    canvas.remove();
    editor = editorOf(mapOf('1.2.3'));
    canvas = new EditorCanvas(editor);
    const seen = [1, 2, 3].map(() => {
      canvas.run('next-lesion');
      return editor.state.get().selected;
    });
    expect(seen).toEqual([2, 3, 1]);
  });

  it('turn comparison on and off', () => {
    canvas.run('flicker');
    expect(editor.state.get().comparison.mode).toBe('flicker');
    canvas.run('split');
    expect(editor.state.get().comparison.mode).toBe('split');
    canvas.run('split');
    expect(editor.state.get().comparison.mode).toBe('after');
  });

  it('choose the meaning of a scribble', () => {
    canvas.run('tool-scribble-not-lesion');
    expect(editor.state.get()).toMatchObject({
      tool: 'scribble',
      options: { scribble: 'not-lesion' },
    });
  });
});
