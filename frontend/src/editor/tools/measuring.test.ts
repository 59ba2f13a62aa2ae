// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EditorCanvas } from '../../testing/editorCanvas';
import { blank, editorOf } from '../../testing/maps';
import { contentOf, labelsOf } from '../content';
import type { Editor } from '../editor';
import { angleOf, lineBetween, measurementText } from '../measure';

const SPACING = { row: 0.2, column: 0.1 };
let editor: Editor;
let canvas: EditorCanvas;

beforeEach(() => {
  const data = new Uint8ClampedArray(100 * 80 * 4);
  // Echoes begin at row 10.
  data.fill(90, 10 * 100 * 4);
  const frame = { width: 100, height: 80, data, colorSpace: 'srgb' as const };
  editor = editorOf(blank(100, 80), { frame, spacing: SPACING });
  canvas = new EditorCanvas(editor);
});

afterEach(() => canvas.remove());

const made = () => editor.state.get().measurements.map(measurementText);

describe('measuring', () => {
  it('an ellipse has two axes and reports its area', () => {
    editor.setTool('ellipse');
    canvas.drag([
      [10, 40],
      [50, 40],
    ]);
    expect(made()).toEqual([]);
    canvas.drag([
      [30, 30],
      [33, 50],
    ]);
    expect(made()).toEqual(['4.0 × 4.0 mm, 13 mm²']);
    expect(editor.state.get().undoName).toBe('Ellipse');
    canvas.run('undo');
    expect(made()).toEqual([]);
  });

  it('a volume has three axes, the third in any direction, and is a prolate ellipsoid', () => {
    editor.setTool('volume');
    canvas.drag([
      [10, 40],
      [50, 40],
    ]);
    canvas.drag([
      [30, 30],
      [30, 50],
    ]);
    expect(made()).toEqual([]);
    canvas.drag([
      [60, 20],
      [60, 70],
    ]);
    expect(made()).toEqual(['4.0 × 4.0 × 10.0 mm, 0.08 mL']);
  });

  it('an angle is measured in the body if rows and columns differ in scale', () => {
    editor.setTool('angle');
    canvas.drag([
      [10, 20],
      [50, 20],
    ]);
    canvas.click(30, 40);
    expect(made()).toEqual(['63°']);
    const flat = (x: number, y: number) => lineBetween({ x: 0, y: 0 }, { x, y }, null);
    expect(angleOf(flat(10, 0), flat(5, 5))).toBeCloseTo(45, 6);
    expect(angleOf(flat(10, 0), flat(-5, 0))).toBeCloseTo(180, 6);
  });

  it('a depth starts at the first echo above the point', () => {
    editor.setTool('depth');
    canvas.click(40, 60);
    expect(made()).toEqual(['10.0 mm']);
    canvas.click(40, 5);
    expect(editor.state.get().notice).toBe('There is no echo above this place.');
  });

  it('is cancelled with Escape, works by keys, and survives the round trip to the server', () => {
    editor.setTool('volume');
    canvas.drag([
      [10, 40],
      [50, 40],
    ]);
    expect(canvas.run('cancel')).toBe(true);
    editor.setTool('angle');
    canvas.run('press');
    canvas.run('press');
    canvas.run('crosshair-right', true);
    canvas.run('press');
    canvas.run('crosshair-down', true);
    canvas.run('press');
    canvas.run('press');
    expect(editor.state.get().measurements).toHaveLength(1);
    const again = contentOf(labelsOf(editor)).measurements ?? [];
    expect(again.map(({ kind }) => kind)).toEqual(['angle']);
    expect(again[0]?.lines.map(({ start, end }) => [start, end])).toEqual(
      editor.state.get().measurements[0]?.lines.map(({ start, end }) => [start, end]),
    );
  });
});
