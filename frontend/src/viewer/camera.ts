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

/** Moves of the view. Every one keeps the image in sight; all points are device pixels. */
export class Camera {
  constructor(private readonly store: Store<ViewerState>) {}

  fit(): void {
    const { image, canvas } = this.store.get();
    this.store.set({ fitted: true, ...(image ? { view: fitView(image, canvas) } : {}) });
  }

  /** One image pixel on one device pixel, around the middle of what is seen. */
  actualSize(): void {
    const { view } = this.store.get();
    this.zoom(1 / view.scale);
  }

  /** @param at the point that stays; the middle of the canvas when absent */
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

  /** Brings a part of the image (in image pixels) into the middle when it is out of sight. */
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

  /** @param board the size that the page gives, in device pixels */
  setCanvas(board: Size, ratio: number): void {
    const { canvas: before, view, fitted, image, turn } = this.store.get();
    const canvas = turnedSize(turn, board);
    this.store.set({ canvas, ratio });
    if (!image) return;
    this.store.set({
      view: fitted ? fitView(image, canvas) : clamped(resized(view, before, canvas), image, canvas),
    });
  }

  /** A frame of the same size keeps the view (a series is compared at one place). */
  setImage(image: Size | null): void {
    const before = this.store.get().image;
    const same = image && before?.width === image.width && before.height === image.height;
    this.store.set({ image });
    if (image && !(same && !this.store.get().fitted)) this.fit();
  }
}
