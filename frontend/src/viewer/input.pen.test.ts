// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Editor } from '../editor/editor';
import { EditorCanvas } from '../testing/editorCanvas';
import { blank, countOf, editorOf } from '../testing/maps';

let editor: Editor;
let canvas: EditorCanvas;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  editor = editorOf(blank(60, 40), { options: { radius: 3 } });
  canvas = new EditorCanvas(editor);
});

afterEach(() => {
  canvas.remove();
  vi.useRealTimers();
});

const finger = (pointerId: number) => ({ pointerId, pointerType: 'touch' });
const pen = { pointerId: 9, pointerType: 'pen' };
const painted = () => countOf(editor.map, 1);
const wait = (ms: number) => vi.advanceTimersByTime(ms);

describe('a finger', () => {
  it('draws if no pen was seen', () => {
    canvas.drag(
      [
        [10, 10],
        [30, 10],
      ],
      finger(1),
    );
    expect(editor.map.at(20, 10)).toBe(1);
  });

  it('moves the image if a pen is used for drawing', () => {
    canvas.click(40, 30, pen);
    const before = painted();
    wait(4000);
    canvas.drag(
      [
        [10, 10],
        [30, 10],
      ],
      finger(1),
    );
    expect(painted()).toBe(before);
    expect(canvas.store.get().fitted).toBe(false);
  });

  it('still selects with tools that leave no marks', () => {
    canvas.click(40, 30, pen);
    wait(4000);
    editor.setTool('select');
    editor.selectLesion(null);
    canvas.click(40, 30, finger(1));
    expect(editor.state.get().selected).toBe(1);
  });
});

describe('the palm next to a pen', () => {
  it('does nothing while the pen writes and shortly after', () => {
    canvas.pointer('pointerdown', 40, 30, pen);
    canvas.drag(
      [
        [10, 10],
        [30, 10],
      ],
      finger(1),
    );
    canvas.pointer('pointerup', 40, 30, pen);
    wait(2000);
    canvas.drag(
      [
        [10, 10],
        [30, 10],
      ],
      finger(1),
    );
    expect(editor.map.at(20, 10)).toBe(0);
    expect(editor.history.names).toEqual(['Brush']);
    expect(canvas.store.get().fitted).toBe(true);
  });

  it('does not draw if it came down first, and the pen draws', () => {
    canvas.pointer('pointerdown', 10, 10, finger(1));
    canvas.pointer('pointermove', 12, 10, finger(1));
    canvas.drag(
      [
        [40, 30],
        [50, 30],
      ],
      pen,
    );
    canvas.pointer('pointermove', 14, 10, finger(1));
    canvas.pointer('pointerup', 14, 10, finger(1));
    expect(editor.map.at(10, 10)).toBe(0);
    expect(editor.map.at(45, 30)).toBe(1);
    expect(editor.history.names).toEqual(['Brush']);
  });

  it('does not count as a pinch with a second touch while the pen writes', () => {
    canvas.pointer('pointerdown', 40, 30, pen);
    canvas.pointer('pointerdown', 10, 10, finger(1));
    canvas.pointer('pointerdown', 20, 10, finger(2));
    canvas.pointer('pointermove', 5, 10, finger(1));
    canvas.pointer('pointerup', 40, 30, pen);
    expect(canvas.store.get().fitted).toBe(true);
    expect(editor.map.at(40, 30)).toBe(1);
  });

  it('does not prevent two fingers from panning and zooming right after the pen', () => {
    canvas.click(40, 30, pen);
    const scale = canvas.store.get().view.scale;
    canvas.pointer('pointerdown', 20, 20, finger(1));
    canvas.pointer('pointerdown', 40, 20, finger(2));
    canvas.pointer('pointermove', 60, 20, finger(2));
    expect(canvas.store.get().view.scale).toBeCloseTo(scale * 2);
  });
});

describe('a second finger', () => {
  it('cancels a stroke that has just begun', () => {
    canvas.pointer('pointerdown', 10, 10, finger(1));
    canvas.pointer('pointermove', 12, 10, finger(1));
    wait(100);
    canvas.pointer('pointerdown', 40, 10, finger(2));
    expect(painted()).toBe(0);
    expect(editor.state.get().canUndo).toBe(false);
  });

  it('keeps a stroke that has lasted longer', () => {
    canvas.pointer('pointerdown', 10, 10, finger(1));
    wait(1000);
    canvas.pointer('pointermove', 30, 10, finger(1));
    canvas.pointer('pointerdown', 40, 10, finger(2));
    expect(editor.map.at(20, 10)).toBe(1);
    expect(editor.history.names).toEqual(['Brush']);
  });
});

describe('the middle button', () => {
  it('moves the image, whatever the tool', () => {
    canvas.drag(
      [
        [10, 10],
        [30, 10],
      ],
      { button: 1, buttons: 4 },
    );
    expect(painted()).toBe(0);
    expect(canvas.store.get().fitted).toBe(false);
  });
});
