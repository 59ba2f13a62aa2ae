// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EditorCanvas } from '../../testing/editorCanvas';
import { blank, countOf, editorOf, ellipse } from '../../testing/maps';
import type { Editor } from '../editor';

const DISC = ellipse(160, 120, { x: 80, y: 60 }, 30, 30);
let editor: Editor;
let canvas: EditorCanvas;

beforeEach(() => {
  const data = new Uint8ClampedArray(160 * 120 * 4).fill(255);
  DISC.data.forEach((own, i) => {
    for (let channel = 0; channel < 3; channel += 1) data[i * 4 + channel] = own ? 40 : 140;
  });
  const frame = { width: 160, height: 120, data, colorSpace: 'srgb' as const };
  editor = editorOf(blank(160, 120), { frame });
  canvas = new EditorCanvas(editor);
});

afterEach(() => canvas.remove());

const size = () => countOf(editor.map, 1);
const near = (px: number) => Math.abs(px / countOf(DISC, 1) - 1);

describe('scissors', () => {
  it('outline a disc with three clicks, and its points can then be dragged', () => {
    editor.setTool('scissors');
    canvas.click(80, 30);
    canvas.click(106, 75);
    canvas.click(54, 75);
    canvas.run('close');
    expect(near(size())).toBeLessThan(0.08);
    expect(editor.state.get().undoName).toBe('Scissors');
    const before = size();
    editor.setTool('points');
    canvas.drag([
      [106, 75],
      [140, 110],
    ]);
    expect(editor.state.get().undoName).toBe('Move point');
    expect(size()).toBeGreaterThan(before);
  });

  it('remove one point with Backspace and everything with Escape', () => {
    editor.setTool('scissors');
    canvas.click(80, 30);
    canvas.click(150, 110);
    canvas.run('remove-point');
    canvas.click(106, 75);
    canvas.click(54, 75);
    canvas.run('close');
    expect(near(size())).toBeLessThan(0.08);
    canvas.click(10, 10);
    expect(canvas.run('cancel')).toBe(true);
    expect(canvas.run('close')).toBe(false);
  });
});

describe('the wand', () => {
  // The edge is where the grey value is halfway between the two sides.
  beforeEach(() => {
    editor.setTool('wand');
    editor.setOptions({ tolerance: 50 });
  });

  it('selects the disc under the pointer in one step', () => {
    canvas.click(80, 60);
    expect(near(size())).toBeLessThan(0.05);
    expect(editor.state.get().undoName).toBe('Wand');
    canvas.run('undo');
    expect(size()).toBe(0);
  });

  it('selects more or less as the press is dragged, and gives up with Escape', () => {
    const { tolerance } = editor.state.get().options;
    canvas.pointer('pointerdown', 80, 60);
    canvas.pointer('pointermove', 100, 60);
    expect(editor.state.get().options.tolerance).toBe(tolerance + 10);
    canvas.run('cancel');
    expect(editor.state.get().options.tolerance).toBe(tolerance);
    expect(editor.state.get().canUndo).toBe(false);
  });

  it('subtracts with Shift, and works with keys alone', () => {
    canvas.run('press');
    canvas.run('press');
    canvas.run('press');
    expect(near(size())).toBeLessThan(0.05);
    canvas.click(80, 60, { shiftKey: true });
    expect(size()).toBe(0);
    expect(editor.state.get().undoName).toBe('Wand, subtract');
  });
});

describe('growing from scribbles', () => {
  beforeEach(() => editor.setTool('seeds'));

  it('sends no request, changes nothing until accepted, and is one step', () => {
    canvas.drag([
      [75, 60],
      [85, 60],
    ]);
    canvas.run('switch-mode');
    canvas.drag([
      [75, 18],
      [85, 18],
    ]);
    expect(canvas.scribbles).toBe(0);
    expect(size()).toBe(0);
    canvas.run('close');
    expect(near(size())).toBeLessThan(0.1);
    expect(editor.state.get()).toMatchObject({ undoName: 'Grow from scribbles', scribbled: 0 });
    canvas.run('undo');
    expect(size()).toBe(0);
    expect(editor.state.get().scribbled).toBeGreaterThan(0);
  });

  it('reports what is missing if only the background was scribbled', () => {
    canvas.run('switch-mode');
    canvas.drag([
      [75, 18],
      [85, 18],
    ]);
    expect(canvas.run('close')).toBe(false);
    expect(editor.state.get().notice).toMatch(/Scribble on the lesion first/);
  });
});
