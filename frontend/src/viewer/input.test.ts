// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Camera } from './camera';
import { toImage } from './geometry';
import { CanvasInput } from './input';
import { INITIAL_STATE, type ViewerState } from './state';
import { Store } from './store';
import { PanTool, type ToolContext, WindowTool } from './tools';

const RATIO = 2;
let store: Store<ViewerState>;
let canvas: HTMLCanvasElement;
let input: CanvasInput;

/** 400 × 300 CSS pixels with two device pixels each; the image has 400 × 300 pixels. */
beforeEach(() => {
  store = new Store(INITIAL_STATE);
  const camera = new Camera(store);
  canvas = document.createElement('canvas');
  document.body.append(canvas);
  canvas.width = 400 * RATIO;
  canvas.height = 300 * RATIO;
  canvas.getBoundingClientRect = () => new DOMRect(20, 10, 400, 300);
  camera.setCanvas({ width: canvas.width, height: canvas.height }, RATIO);
  camera.setImage({ width: 400, height: 300 });
  const context: ToolContext = { store, camera };
  const pan = new PanTool(context);
  const window = new WindowTool(context);
  input = new CanvasInput(canvas, context, {
    primary: () => pan,
    secondary: () => window,
    pan: () => pan,
    eraser: () => pan,
  });
});

afterEach(() => {
  input.destroy();
  canvas.remove();
});

/** x and y in CSS pixels of the canvas. */
function pointer(type: string, x: number, y: number, more: PointerEventInit = {}) {
  canvas.dispatchEvent(
    new PointerEvent(type, {
      pointerId: 1,
      pointerType: 'mouse',
      clientX: x + 20,
      clientY: y + 10,
      bubbles: true,
      cancelable: true,
      ...more,
    }),
  );
}

function drag(from: [number, number], to: [number, number], more: PointerEventInit = {}) {
  pointer('pointerdown', ...from, more);
  pointer('pointermove', (from[0] + to[0]) / 2, (from[1] + to[1]) / 2, more);
  pointer('pointermove', ...to, more);
  pointer('pointerup', ...to, more);
}

describe('mouse', () => {
  it('drags the image with the pointer', () => {
    const before = toImage(store.get().view, { x: 120 * RATIO, y: 120 * RATIO });
    drag([120, 120], [160, 100]);
    const after = toImage(store.get().view, { x: 160 * RATIO, y: 100 * RATIO });
    expect(after.x).toBeCloseTo(before.x);
    expect(after.y).toBeCloseTo(before.y);
  });

  it('changes contrast and brightness when dragged with the right button', () => {
    drag([100, 100], [160, 70], { button: 2 });
    expect(store.get().display).toEqual({ contrast: 20, brightness: 10, inverted: false });
    expect(store.get().fitted).toBe(true);
  });

  it('zooms at the pointer with the wheel', () => {
    const at = { x: 50 * RATIO, y: 60 * RATIO };
    const before = toImage(store.get().view, at);
    const scale = store.get().view.scale;
    const event = new WheelEvent('wheel', {
      deltaY: -100,
      clientX: 70,
      clientY: 70,
      cancelable: true,
    });
    canvas.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(true);
    expect(store.get().view.scale).toBeGreaterThan(scale * 1.15);
    expect(toImage(store.get().view, at).x).toBeCloseTo(before.x);
  });

  it('fits again on a double click', () => {
    drag([100, 100], [180, 180]);
    canvas.dispatchEvent(new MouseEvent('dblclick'));
    expect(store.get().fitted).toBe(true);
  });
});

describe('touch', () => {
  const finger = (id: number) => ({ pointerId: id, pointerType: 'touch' });

  it('pinches around the fingers: the point between them stays there', () => {
    pointer('pointerdown', 150, 150, finger(1));
    pointer('pointerdown', 250, 150, finger(2));
    const before = toImage(store.get().view, { x: 200 * RATIO, y: 150 * RATIO });
    const scale = store.get().view.scale;
    pointer('pointermove', 100, 150, finger(1));
    pointer('pointermove', 300, 150, finger(2));
    expect(store.get().view.scale).toBeCloseTo(scale * 2);
    const after = toImage(store.get().view, { x: 200 * RATIO, y: 150 * RATIO });
    expect(after.x).toBeCloseTo(before.x);
    expect(after.y).toBeCloseTo(before.y);
  });

  it('pans with two fingers', () => {
    pointer('pointerdown', 150, 150, finger(1));
    pointer('pointerdown', 250, 150, finger(2));
    const before = store.get().view;
    pointer('pointermove', 150, 190, finger(1));
    pointer('pointermove', 250, 190, finger(2));
    expect(store.get().view.y - before.y).toBeCloseTo(40 * RATIO, 0);
  });
});
