import { distance, midpoint, type Point } from './geometry';
import { PalmRejection } from './palm';
import type { PointerSample, Tool, ToolContext } from './tools';
import { onCanvas } from './turn';

const MIDDLE_BUTTON = 1;
const SECONDARY_BUTTON = 2;
/** `button`, and the bit in `buttons`, for the other end of a pen (Pointer Events, 5.1.1). */
const ERASER_BUTTON = 5;
const ERASER_BUTTONS = 32;
/** One notch of a wheel (100 px in most browsers) zooms by about a fifth. */
const WHEEL_NOTCH_PX = 100;
const WHEEL_ZOOM_PER_PX = 0.0018;
/** A second finger within this time makes it a pinch; later, the stroke ends and is kept. */
const STROKE_BEGUN_MS = 400;

/** The tool for each way of pressing; looked up at every press. */
export interface InputTools {
  primary: () => Tool;
  secondary: () => Tool;
  /** Middle button, or a finger if a pen is used for drawing. */
  pan: () => Tool;
  /** The other end of a pen. */
  eraser: () => Tool;
}

/**
 * Mouse, pen and touch on the canvas: one pointer drives a tool, two fingers pinch and pan, the
 * wheel and a trackpad pinch (ctrl + wheel) zoom at the pointer, a double click fits.
 */
export class CanvasInput {
  /** Fingers that are down. */
  private readonly touches = new Map<number, Point>();
  private active: { id: number; tool: Tool; touch: boolean; since: number } | null = null;
  private readonly palm = new PalmRejection();
  /** Ctrl held on the keyboard; a trackpad pinch reports ctrlKey without it. */
  private ctrl = false;
  private readonly abort = new AbortController();

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly context: ToolContext,
    private readonly tools: InputTools,
  ) {
    const options = { signal: this.abort.signal };
    canvas.addEventListener('pointerdown', (event) => this.down(event), options);
    canvas.addEventListener('pointermove', (event) => this.move(event), options);
    canvas.addEventListener('pointerup', (event) => this.up(event), options);
    canvas.addEventListener('pointercancel', (event) => this.drop(event), options);
    canvas.addEventListener('pointerleave', () => this.leave(), options);
    canvas.addEventListener('contextmenu', (event) => event.preventDefault(), options);
    canvas.addEventListener('dblclick', (event) => this.doubleClick(event), options);
    canvas.addEventListener('wheel', (event) => this.wheel(event), { ...options, passive: false });
    const key = (event: KeyboardEvent) => {
      if (event.key === 'Control') this.ctrl = event.type === 'keydown';
    };
    window.addEventListener('keydown', key, options);
    window.addEventListener('keyup', key, options);
    window.addEventListener('blur', () => (this.ctrl = false), options);
  }

  destroy(): void {
    this.abort.abort();
  }

  private at(event: MouseEvent, box = this.canvas.getBoundingClientRect()): Point {
    // The drawing buffer relative to the box, not devicePixelRatio: they differ by rounding.
    return onCanvas(this.context.store.get(), {
      x: ((event.clientX - box.left) * this.canvas.width) / Math.max(1, box.width),
      y: ((event.clientY - box.top) * this.canvas.height) / Math.max(1, box.height),
    });
  }

  private sample(event: PointerEvent, box?: DOMRect): PointerSample {
    return {
      ...this.at(event, box),
      pressure: event.pressure,
      type: event.pointerType,
      shift: event.shiftKey,
      alt: event.altKey,
    };
  }

  private down(event: PointerEvent): void {
    // Capturing fails for a pointer that is already gone; the drag then just ends early.
    if (this.canvas.isConnected) {
      try {
        this.canvas.setPointerCapture(event.pointerId);
      } catch {}
    }
    const tool = event.pointerType === 'touch' ? this.touchTool(event) : this.pointerTool(event);
    if (!tool) return;
    const touch = event.pointerType === 'touch';
    this.active = { id: event.pointerId, tool, touch, since: performance.now() };
    this.canvas.style.cursor = tool.cursor === 'grab' ? 'grabbing' : tool.cursor;
    tool.down(this.sample(event));
  }

  private touchTool(event: PointerEvent): Tool | null {
    if (this.palm.writing) return null;
    this.touches.set(event.pointerId, this.at(event));
    if (this.touches.size > 1) {
      this.interrupt();
      return null;
    }
    if (this.active) return null;
    const role = this.palm.role(this.tools.primary().draws === true);
    if (role === 'nothing') return null;
    return role === 'pan' ? this.tools.pan() : this.tools.primary();
  }

  private pointerTool(event: PointerEvent): Tool | null {
    if (event.pointerType === 'pen') {
      this.palm.penSeen(true);
      // A touch that began before the pen came down was not a stroke.
      if (this.active?.touch) this.take(this.active.tool);
      this.touches.clear();
    }
    // A second button during a drag does not start another one.
    if (this.active) return null;
    if (event.button === ERASER_BUTTON || event.buttons & ERASER_BUTTONS) {
      return this.tools.eraser();
    }
    if (event.button === MIDDLE_BUTTON) return this.tools.pan();
    return event.button === SECONDARY_BUTTON ? this.tools.secondary() : this.tools.primary();
  }

  /** A second finger cancels a stroke that has just begun; a longer one is kept. */
  private interrupt(): void {
    if (!this.active?.touch) return;
    const { tool, since, id } = this.active;
    const last = this.touches.get(id);
    if (performance.now() - since < STROKE_BEGUN_MS || !last || !tool.draws) {
      this.take(tool);
      return;
    }
    this.active = null;
    tool.up({ ...last, pressure: 0, type: 'touch', shift: false, alt: false });
  }

  private take(tool: Tool): void {
    this.active = null;
    tool.cancel();
  }

  private move(event: PointerEvent): void {
    if (event.pointerType === 'pen') this.palm.penSeen(event.buttons !== 0);
    if (this.active?.id === event.pointerId) {
      this.drive(this.active.tool, event);
      if (this.active.touch) this.touches.set(event.pointerId, this.at(event));
      return;
    }
    const before = this.touches.get(event.pointerId);
    if (before) this.pinch(before, event);
    else if (event.pointerType !== 'touch' && !this.active) this.hover(event);
  }

  private drive(tool: Tool, event: PointerEvent): void {
    const box = this.canvas.getBoundingClientRect();
    const between = tool.everySample ? (event.getCoalescedEvents?.() ?? []) : [];
    for (const one of between.length > 0 ? between : [event]) tool.move(this.sample(one, box));
  }

  private pinch(before: Point, event: PointerEvent): void {
    const now = this.at(event);
    this.touches.set(event.pointerId, now);
    if (this.touches.size !== 2) return;
    const other = [...this.touches].find(([id]) => id !== event.pointerId)?.[1];
    if (!other) return;
    const from = midpoint(before, other);
    const to = midpoint(now, other);
    this.context.camera.pan(to.x - from.x, to.y - from.y);
    const span = distance(before, other);
    if (span > 1) this.context.camera.zoom(distance(now, other) / span, to);
  }

  private up(event: PointerEvent): void {
    if (event.pointerType === 'pen') this.palm.penSeen(false);
    this.touches.delete(event.pointerId);
    if (this.active?.id !== event.pointerId) return;
    const { tool, touch } = this.active;
    this.active = null;
    tool.up(this.sample(event));
    if (!touch) this.hover(event);
  }

  private drop(event: PointerEvent): void {
    if (event.pointerType === 'pen') this.palm.penSeen(false);
    this.touches.delete(event.pointerId);
    if (this.active?.id === event.pointerId) this.take(this.active.tool);
  }

  private hover(event: PointerEvent): void {
    const tool = this.tools.primary();
    this.canvas.style.cursor = tool.cursor;
    tool.hover?.(this.sample(event));
  }

  private leave(): void {
    if (this.active) return;
    this.tools.primary().leave?.();
    this.context.store.set({ hovered: null });
  }

  private doubleClick(event: MouseEvent): void {
    const tool = this.tools.primary();
    if (!tool.doubleClick) {
      this.context.camera.fit();
      return;
    }
    const { shiftKey: shift, altKey: alt } = event;
    tool.doubleClick({ ...this.at(event), pressure: 0.5, type: 'mouse', shift, alt });
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 33 : event.deltaY;
    if (event.altKey || (event.ctrlKey && this.ctrl)) {
      if (this.tools.primary().wheel?.(-pixels / WHEEL_NOTCH_PX)) return;
    }
    // A trackpad pinch arrives as many small steps, so each one counts more.
    const strength = event.ctrlKey && !this.ctrl ? 5 : 1;
    this.context.camera.zoom(Math.exp(-pixels * WHEEL_ZOOM_PER_PX * strength), this.at(event));
  }
}
