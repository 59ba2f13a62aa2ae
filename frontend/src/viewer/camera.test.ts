import { beforeEach, describe, expect, it } from 'vitest';
import { Camera } from './camera';
import { toCanvas } from './geometry';
import { INITIAL_STATE, type ViewerState } from './state';
import { Store } from './store';

let store: Store<ViewerState>;
let camera: Camera;

beforeEach(() => {
  store = new Store(INITIAL_STATE);
  camera = new Camera(store);
  camera.setCanvas({ width: 800, height: 600 }, 2);
  camera.setImage({ width: 400, height: 400 });
});

describe('the camera', () => {
  it('fits a new image', () => {
    expect(store.get().view.scale).toBeCloseTo(1.5);
    expect(store.get().fitted).toBe(true);
  });

  it('stays fitted while the window changes, until someone zooms', () => {
    camera.setCanvas({ width: 400, height: 400 }, 1);
    expect(store.get().view.scale).toBeCloseTo(1);
    camera.zoom(2);
    camera.setCanvas({ width: 1000, height: 1000 }, 1);
    expect(store.get().view.scale).toBeCloseTo(2);
  });

  it('shows one image pixel per device pixel', () => {
    camera.actualSize();
    expect(store.get().view.scale).toBeCloseTo(1);
    expect(toCanvas(store.get().view, { x: 200, y: 200 })).toEqual({ x: 400, y: 300 });
  });

  it('keeps the position for the next image of the same size, and fits one of another size', () => {
    camera.zoom(4, { x: 100, y: 100 });
    const place = store.get().view;
    camera.setImage({ width: 400, height: 400 });
    expect(store.get().view).toEqual(place);
    camera.setImage({ width: 640, height: 480 });
    expect(store.get().fitted).toBe(true);
    expect(store.get().view.scale).toBeCloseTo(1.25);
  });

  it('reveals a lesion that is out of view and does not move for a visible one', () => {
    camera.zoom(8, { x: 0, y: 0 });
    camera.reveal({ left: 300, top: 300, width: 20, height: 20 });
    const corner = toCanvas(store.get().view, { x: 310, y: 310 });
    expect(corner.x).toBeCloseTo(400);
    expect(corner.y).toBeCloseTo(300);
    const place = store.get().view;
    camera.reveal({ left: 301, top: 301, width: 5, height: 5 });
    expect(store.get().view).toEqual(place);
  });

  it('does nothing without an image', () => {
    camera.setImage(null);
    const place = store.get().view;
    camera.zoom(3);
    camera.pan(50, 50);
    expect(store.get().view).toEqual(place);
  });
});

describe('the store', () => {
  it('notifies listeners once per change, and not without a change', () => {
    let calls = 0;
    const end = store.subscribe(() => {
      calls += 1;
    });
    store.set({ hovered: 2 });
    store.set({ hovered: 2 });
    end();
    store.set({ hovered: 3 });
    expect(calls).toBe(1);
  });
});
