import {
  clamped,
  fitView,
  minScale,
  type Point,
  panned,
  resized,
  type Size,
  zoomAt,
} from './geometry';
import type { ViewerState } from './state';
import type { Store } from './store';
import { turnedSize } from './turn';

/** Moves the view. The image always stays in view; all points are in device pixels. */
export class Camera {
  constructor(private readonly store: Store<ViewerState>) {}

  fit(): void {
    const { image, canvas } = this.store.get();
    this.store.set({ fitted: true, ...(image ? { view: fitView(image, canvas) } : {}) });
  }

  /** One image pixel per device pixel, around the middle of the visible part. */
  actualSize(): void {
    const { view } = this.store.get();
    this.zoom(1 / view.scale);
  }

  /** @param at the fixed point; the middle of the canvas if absent */
  zoom(factor: number, at?: Point): void {
    const { image, canvas, view } = this.store.get();
    if (!image) return;
    const anchor = at ?? { x: canvas.width / 2, y: canvas.height / 2 };
    const next = zoomAt(view, anchor, factor, minScale(image, canvas));
    this.store.set({ fitted: false, view: clamped(next, image, canvas) });
  }

  pan(dx: number, dy: number): void {
    const { image, canvas, view } = this.store.get();
    if (!image) return;
    this.store.set({ fitted: false, view: clamped(panned(view, dx, dy), image, canvas) });
  }

  /** Centres a part of the image (in image pixels) if it is out of view. */
  reveal(box: { left: number; top: number; width: number; height: number }): void {
    const { image, canvas, view } = this.store.get();
    if (!image) return;
    const left = box.left * view.scale + view.x;
    const top = box.top * view.scale + view.y;
    const right = left + box.width * view.scale;
    const bottom = top + box.height * view.scale;
    const inside = left >= 0 && top >= 0 && right <= canvas.width && bottom <= canvas.height;
    const larger = right - left > canvas.width || bottom - top > canvas.height;
    if (inside || larger) return;
    this.pan((canvas.width - left - right) / 2, (canvas.height - top - bottom) / 2);
  }

  /** @param board the available size in the page, in device pixels */
  setCanvas(board: Size, ratio: number): void {
    const { canvas: before, view, fitted, image, turn } = this.store.get();
    const canvas = turnedSize(turn, board);
    this.store.set({ canvas, ratio });
    if (!image) return;
    this.store.set({
      view: fitted ? fitView(image, canvas) : clamped(resized(view, before, canvas), image, canvas),
    });
  }

  /** A frame of the same size keeps the view, so that a series can be compared at one position. */
  setImage(image: Size | null): void {
    const before = this.store.get().image;
    const same = image && before?.width === image.width && before.height === image.height;
    this.store.set({ image });
    if (image && !(same && !this.store.get().fitted)) this.fit();
  }
}
