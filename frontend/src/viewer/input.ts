import { distance, midpoint, type Point } from './geometry';
import { lesionUnder, type PointerSample, type Tool, type ToolContext } from './tools';

const SECONDARY_BUTTON = 2;
/** One notch of a wheel (100 px in most browsers) zooms by about a fifth. */
const WHEEL_ZOOM_PER_PX = 0.0018;

/**
 * Mouse, pen and touch on the canvas: one pointer drives a tool, two fingers pinch and pan,
 * the wheel zooms at the pointer, a trackpad pinch (ctrl + wheel) too, double click fits.
 */
export class CanvasInput {
  private readonly pointers = new Map<number, Point>();
  private active: { id: number; tool: Tool } | null = null;
  private readonly abort = new AbortController();

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly context: ToolContext,
    private readonly primary: () => Tool,
    private readonly secondary: () => Tool,
  ) {
    const options = { signal: this.abort.signal };
    canvas.addEventListener('pointerdown', (event) => this.down(event), options);
    canvas.addEventListener('pointermove', (event) => this.move(event), options);
    canvas.addEventListener('pointerup', (event) => this.up(event), options);
    canvas.addEventListener('pointercancel', (event) => this.drop(event), options);
    canvas.addEventListener('pointerleave', () => this.leave(), options);
    canvas.addEventListener('contextmenu', (event) => event.preventDefault(), options);
    canvas.addEventListener('dblclick', () => this.context.camera.fit(), options);
    canvas.addEventListener('wheel', (event) => this.wheel(event), { ...options, passive: false });
  }

  destroy(): void {
    this.abort.abort();
  }

  private at(event: MouseEvent): Point {
    const box = this.canvas.getBoundingClientRect();
    // The drawing buffer over the box, not devicePixelRatio: the two differ by rounding.
    return {
      x: ((event.clientX - box.left) * this.canvas.width) / Math.max(1, box.width),
      y: ((event.clientY - box.top) * this.canvas.height) / Math.max(1, box.height),
    };
  }

  private sample(event: PointerEvent): PointerSample {
    return { ...this.at(event), pressure: event.pressure, type: event.pointerType };
  }

  private down(event: PointerEvent): void {
    // Capture fails for a pointer that has gone already; the drag then just ends early.
    if (this.canvas.isConnected) {
      try {
        this.canvas.setPointerCapture(event.pointerId);
      } catch {}
    }
    this.pointers.set(event.pointerId, this.at(event));
    if (this.pointers.size > 1) {
      this.active?.tool.cancel();
      this.active = null;
      return;
    }
    const tool = event.button === SECONDARY_BUTTON ? this.secondary() : this.primary();
    this.active = { id: event.pointerId, tool };
    this.canvas.style.cursor = tool.cursor === 'grab' ? 'grabbing' : tool.cursor;
    tool.down(this.sample(event));
  }

  private move(event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== 'touch') this.hover(this.at(event));
      return;
    }
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
      if (other) this.pinch(before, this.at(event), other);
    }
    this.pointers.set(event.pointerId, this.at(event));
    if (this.active?.id === event.pointerId) this.active.tool.move(this.sample(event));
  }

  private pinch(before: Point, now: Point, other: Point): void {
    const from = midpoint(before, other);
    const to = midpoint(now, other);
    this.context.camera.pan(to.x - from.x, to.y - from.y);
    const span = distance(before, other);
    if (span > 1) this.context.camera.zoom(distance(now, other) / span, to);
  }

  private up(event: PointerEvent): void {
    this.pointers.delete(event.pointerId);
    if (this.active?.id !== event.pointerId) return;
    this.active.tool.up(this.sample(event));
    this.active = null;
    this.hover(this.at(event));
  }

  private drop(event: PointerEvent): void {
    this.pointers.delete(event.pointerId);
    if (this.active?.id !== event.pointerId) return;
    this.active.tool.cancel();
    this.active = null;
  }

  private hover(at: Point): void {
    const hovered = lesionUnder(this.context, at);
    this.context.store.set({ hovered });
    this.canvas.style.cursor = hovered === null ? this.primary().cursor : 'pointer';
  }

  private leave(): void {
    if (!this.active) this.context.store.set({ hovered: null });
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 33 : event.deltaY;
    // A trackpad pinch comes as many small steps and needs more of each.
    const strength = event.ctrlKey ? 5 : 1;
    this.context.camera.zoom(Math.exp(-pixels * WHEEL_ZOOM_PER_PX * strength), this.at(event));
  }
}
