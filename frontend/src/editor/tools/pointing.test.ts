// @vitest-environment jsdom
import { afterEach, describe, expect, it } from 'vitest';
import { EditorCanvas } from '../../testing/editorCanvas';
import { blank, editorOf, ellipse, mapOf, textOf } from '../../testing/maps';
import type { Spacing } from '../state';

let canvas: EditorCanvas;
afterEach(() => canvas.remove());

function open(map = blank(60, 40), spacing: Spacing | null = null) {
  const editor = editorOf(map, { spacing });
  canvas = new EditorCanvas(editor);
  return editor;
}

describe('select', () => {
  it('selects the lesion under the pointer, or none, and never a hidden one', () => {
    const editor = open(mapOf('11..22', '11..22'));
    editor.setTool('select');
    canvas.click(4.5, 0.5);
    expect(editor.state.get().selected).toBe(2);
    canvas.click(3, 0.5);
    expect(editor.state.get().selected).toBeNull();
    editor.setVisible(1, false);
    canvas.click(0.5, 0.5);
    expect(editor.state.get().selected).toBeNull();
  });

  it('moves the image when the background is dragged, and keeps the selection', () => {
    const editor = open(ellipse(60, 60, { x: 12, y: 12 }, 6, 6));
    editor.setTool('select');
    canvas.click(12, 12);
    const before = canvas.store.get().view;
    canvas.drag([
      [30, 30],
      [30, 36],
      [36, 36],
    ]);
    const { view } = canvas.store.get();
    expect(view.x).toBeGreaterThan(before.x);
    expect(view.y).toBeGreaterThan(before.y);
    expect(editor.state.get().selected).toBe(1);
  });

  it('does not move the image when the drag begins on a lesion', () => {
    const editor = open(ellipse(60, 60, { x: 12, y: 12 }, 6, 6));
    editor.setTool('select');
    editor.selectLesion(null);
    const before = canvas.store.get().view;
    canvas.drag([
      [12, 12],
      [30, 30],
    ]);
    expect(canvas.store.get().view).toEqual(before);
    expect(editor.state.get().selected).toBe(1);
  });

  it('highlights lesions before the click', () => {
    const editor = open(mapOf('11..22', '11..22'));
    editor.setTool('select');
    canvas.pointer('pointermove', 4.5, 0.5, { buttons: 0 });
    expect(canvas.store.get().hovered).toBe(2);
  });
});

describe('fill hole and remove island', () => {
  it('act on the clicked pixel', () => {
    const editor = open(mapOf('111..', '1.1.1', '111..'));
    editor.setTool('fill-hole');
    canvas.click(1.5, 1.5);
    editor.setTool('remove-island');
    canvas.click(4.5, 1.5);
    expect(textOf(editor.map)).toEqual(['111..', '111..', '111..']);
    expect(editor.history.names).toEqual(['Fill hole', 'Remove stray area']);
  });
});

describe('box', () => {
  it('reports the rectangle in whole pixels inside the image, for any drag direction', () => {
    const editor = open();
    editor.setTool('box');
    canvas.drag([
      [30.4, 25.2],
      [10.6, -5],
    ]);
    expect(canvas.boxes).toEqual([{ left: 10, top: 0, width: 21, height: 26 }]);
  });

  it('ignores an accidental box', () => {
    const editor = open();
    editor.setTool('box');
    canvas.click(10.2, 10.2);
    expect(canvas.boxes).toEqual([]);
  });
});

describe('nudge', () => {
  it('pushes the boundary, most under the pointer and not beyond the radius', () => {
    const editor = open(ellipse(60, 60, { x: 30, y: 30 }, 15, 15));
    editor.setTool('nudge');
    editor.setOptions({ nudgeRadius: 12 });
    const right = (y: number) => editor.map.data.subarray(y * 60, y * 60 + 60).lastIndexOf(1);
    const before = [right(30), right(22)];
    canvas.drag([
      [44, 30],
      [47, 30],
      [50, 30],
    ]);
    const moved = right(30) - (before[0] as number);
    expect(moved).toBeGreaterThanOrEqual(3);
    expect(moved).toBeLessThanOrEqual(6);
    expect(right(22) - (before[1] as number)).toBeLessThan(moved);
    // The far side has not moved.
    expect(editor.map.at(15, 30)).toBe(1);
    expect(editor.map.at(14, 30)).toBe(0);
    expect(editor.history.names).toEqual(['Nudge']);
  });

  it('pushes inwards too, and accumulates many small pushes', () => {
    const editor = open(ellipse(60, 60, { x: 30, y: 30 }, 15, 15));
    editor.setTool('nudge');
    editor.setOptions({ nudgeRadius: 12 });
    canvas.drag(Array.from({ length: 41 }, (_, i) => [46 - i * 0.2, 30] as const));
    expect(editor.map.at(42, 30)).toBe(0);
    expect(editor.map.at(36, 30)).toBe(1);
  });

  it('takes nothing from other lesions and needs a lesion to push', () => {
    const editor = open(mapOf(...Array(20).fill('1111111111.....22222')));
    editor.setTool('nudge');
    editor.setOptions({ nudgeRadius: 15 });
    canvas.drag([
      [9, 10],
      [14, 10],
      [19, 10],
    ]);
    expect(editor.map.at(12, 10)).toBe(1);
    expect(editor.state.get().lesions[1]?.area).toBe(100);
    canvas.remove();
    const empty = open();
    empty.setTool('nudge');
    canvas.drag([
      [9, 10],
      [19, 10],
    ]);
    expect(empty.state.get().notice).toContain('There is no lesion here');
  });
});

describe('measuring', () => {
  it('gives a length in mm using the spacing of each direction', () => {
    const editor = open(blank(60, 40), { row: 0.2, column: 0.1 });
    editor.setTool('ruler');
    canvas.drag([
      [10, 10],
      [40, 30],
    ]);
    const [ruler] = editor.state.get().measurements;
    expect(ruler?.lines[0]?.mm).toBeCloseTo(Math.hypot(3, 4));
    editor.undo();
    expect(editor.state.get().measurements).toEqual([]);
  });

  it('gives a length in pixels only while the spacing is unknown', () => {
    const editor = open();
    editor.setTool('ruler');
    canvas.drag([
      [10, 10],
      [40, 30],
    ]);
    expect(editor.state.get().measurements[0]?.lines[0]).toMatchObject({ mm: null });
  });

  it('makes the short axis perpendicular in the body, not in the picture', () => {
    const spacing = { row: 0.2, column: 0.1 };
    const editor = open(blank(60, 40), spacing);
    editor.setTool('calipers');
    canvas.drag([
      [10, 10],
      [40, 20],
    ]);
    expect(editor.state.get().measurements).toEqual([]);
    canvas.drag([
      [20, 25],
      [30, 5],
    ]);
    const [calipers] = editor.state.get().measurements;
    const [long, short] = calipers?.lines ?? [];
    if (!long || !short) throw new Error('The calipers have no two lines.');
    const inBody = (line: typeof long) => ({
      x: (line.end.x - line.start.x) * spacing.column,
      y: (line.end.y - line.start.y) * spacing.row,
    });
    const [l, s] = [inBody(long), inBody(short)];
    expect(l.x * s.x + l.y * s.y).toBeCloseTo(0);
    expect(short.mm).toBeGreaterThan(1);
  });

  it('discards half-finished calipers with Escape, and a click makes no line', () => {
    const editor = open();
    editor.setTool('calipers');
    canvas.drag([
      [10, 10],
      [40, 20],
    ]);
    expect(canvas.run('cancel')).toBe(true);
    canvas.click(10, 10);
    canvas.drag([
      [20, 25],
      [30, 5],
    ]);
    expect(editor.state.get().measurements).toEqual([]);
  });
});
