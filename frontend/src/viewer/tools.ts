import type { Camera } from './camera';
import type { Point } from './geometry';
import { limited } from './grayWindow';
import type { ViewerState } from './state';
import type { Store } from './store';
import { directionOnBoard } from './turn';

/** A pointer on the canvas, in device pixels. */
export interface PointerSample extends Point {
  /** 0..1; 0.5 for a mouse button. */
  pressure: number;
  /** "mouse", "pen", "touch", or "keyboard" for the crosshair of the editor. */
  type: string;
  shift: boolean;
  alt: boolean;
}

/**
 * What a drag with one pointer does. Two fingers always pinch and pan, whatever the tool; `cancel`
 * then undoes what the tool had begun.
 */
export interface Tool {
  readonly cursor: string;
  /** Leaves marks: neither a palm nor a finger next to a pen may drive it. */
  readonly draws?: boolean;
  /** `move` is called for every sample from the device, not just once per frame. */
  readonly everySample?: boolean;
  down(at: PointerSample): void;
  move(at: PointerSample): void;
  up(at: PointerSample): void;
  cancel(): void;
  /** The pointer moves without a button. A tool with this method highlights lesions itself. */
  hover?(at: PointerSample): void;
  /** The pointer left the canvas. */
  leave?(): void;
  /** Replaces fitting the image. */
  doubleClick?(at: PointerSample): void;
  /** Wheel with Ctrl or Alt, in notches away from the person; if false, the view zooms. */
  wheel?(notches: number): boolean;
}

export interface ToolContext {
  store: Store<ViewerState>;
  camera: Camera;
}

/** Less movement than this is a click: hands shake, especially with a pen. */
const CLICK_RADIUS_CSS_PX = 4;

/** Dragging moves the image. */
export class PanTool implements Tool {
  readonly cursor = 'grab';
  private last: Point | null = null;
  private travelled = 0;

  constructor(private readonly context: ToolContext) {}

  down(at: PointerSample): void {
    this.last = at;
    this.travelled = 0;
  }

  move(at: PointerSample): void {
    if (!this.last) return;
    const dx = at.x - this.last.x;
    const dy = at.y - this.last.y;
    this.travelled += Math.hypot(dx, dy);
    this.last = at;
    if (this.moves) this.context.camera.pan(dx, dy);
  }

  /** The pointer moved too far for a click. */
  get moves(): boolean {
    return this.travelled > CLICK_RADIUS_CSS_PX * this.context.store.get().ratio;
  }

  up(): void {
    this.last = null;
  }

  cancel(): void {
    this.last = null;
  }
}

/** Drag right for more contrast, up for more brightness. */
export class WindowTool implements Tool {
  readonly cursor = 'move';
  private start: { at: Point; brightness: number; contrast: number } | null = null;

  constructor(private readonly context: ToolContext) {}

  down(at: PointerSample): void {
    const { brightness, contrast } = this.context.store.get().display;
    this.start = { at, brightness, contrast };
  }

  move(at: PointerSample): void {
    if (!this.start) return;
    const { display, ratio, turn } = this.context.store.get();
    const { at: from } = this.start;
    const moved = directionOnBoard(turn, { x: at.x - from.x, y: at.y - from.y });
    this.context.store.set({
      display: {
        ...display,
        contrast: limited(this.start.contrast + moved.x / ratio / 3),
        brightness: limited(this.start.brightness - moved.y / ratio / 3),
      },
    });
  }

  up(): void {
    this.start = null;
  }

  cancel(): void {
    if (!this.start) return;
    const { display } = this.context.store.get();
    const { brightness, contrast } = this.start;
    this.context.store.set({ display: { ...display, brightness, contrast } });
    this.start = null;
  }
}
