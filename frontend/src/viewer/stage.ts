import { Camera } from './camera';
import { type Area, joined, snapped } from './geometry';
import { CanvasInput } from './input';
import { FrameLayer, type Layer } from './layers';
import type { ViewerState } from './state';
import type { Store } from './store';
import { PanTool, type Tool, type ToolContext, WindowTool } from './tools';
import { matrixOf, turnedSize } from './turn';

/**
 * The canvas of the viewer: layers are drawn through one camera, and pointers are passed to a tool.
 * Independent of React. An editor adds its layers and tools to the same stage.
 */
export class Stage {
  readonly camera: Camera;
  private readonly frame = new FrameLayer();
  private readonly layers: Layer[] = [this.frame];
  private readonly input: CanvasInput;
  private readonly observer: ResizeObserver;
  private readonly unsubscribe: () => void;
  /** The part of the stage that tools need. */
  readonly context: ToolContext;
  private readonly drawing: CanvasRenderingContext2D;
  private primary: Tool;
  private eraser: Tool | null = null;
  private request = 0;
  /** The area that the next paint must cover; null for none. */
  private stale: Area | null = null;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly store: Store<ViewerState>,
  ) {
    const drawing = canvas.getContext('2d', { alpha: false });
    if (!drawing) throw new Error('This browser cannot draw; enable canvas and reload.');
    this.drawing = drawing;
    this.camera = new Camera(store);
    this.context = { store, camera: this.camera };
    this.primary = new PanTool(this.context);
    const pan = new PanTool(this.context);
    const window = new WindowTool(this.context);
    this.input = new CanvasInput(canvas, this.context, {
      primary: () => this.primary,
      secondary: () => window,
      pan: () => pan,
      eraser: () => this.eraser ?? this.primary,
    });
    this.unsubscribe = store.subscribe(() => this.invalidate());
    this.observer = new ResizeObserver((entries) => this.resize(entries.at(-1)));
    try {
      // Exact device pixels if the browser reports them; Safari does not.
      this.observer.observe(canvas, { box: 'device-pixel-content-box' });
    } catch {
      this.observer.observe(canvas);
    }
  }

  destroy(): void {
    cancelAnimationFrame(this.request);
    this.observer.disconnect();
    this.input.destroy();
    this.unsubscribe();
  }

  /** Shows another frame; null clears the canvas. */
  show(frame: ImageData | null): void {
    this.frame.setFrame(frame);
    this.camera.setImage(frame && { width: frame.width, height: frame.height });
    this.store.set({ hovered: null });
    this.invalidate();
  }

  /**
   * Sets the tool for the primary button, a pen or one finger.
   * @param eraser the tool for the other end of a pen; the same tool if absent
   */
  setTool(make: (context: ToolContext) => Tool, eraser?: (context: ToolContext) => Tool): void {
    this.primary.cancel();
    this.eraser?.cancel();
    this.primary = make(this.context);
    this.eraser = eraser?.(this.context) ?? null;
    this.canvas.style.cursor = this.primary.cursor;
  }

  /** Returns to moving the image. */
  resetTool(): void {
    this.setTool((context) => new PanTool(context));
  }

  addLayer(layer: Layer): () => void {
    this.layers.push(layer);
    this.invalidate();
    return () => {
      this.layers.splice(this.layers.indexOf(layer), 1);
      this.invalidate();
    };
  }

  /** The whole canvas, as if the picture were not turned. */
  private get whole(): Area {
    return { x: 0, y: 0, ...turnedSize(this.store.get().turn, this.canvas) };
  }

  /**
   * Requests one paint in the next animation frame, however often it is called.
   * @param area the only part of the canvas that changed; the whole canvas if absent
   */
  invalidate(area?: Area): void {
    const wanted = area ?? this.whole;
    this.stale = this.stale ? joined(this.stale, wanted) : wanted;
    if (this.request) return;
    this.request = requestAnimationFrame(() => {
      this.request = 0;
      this.draw();
    });
  }

  private resize(entry: ResizeObserverEntry | undefined): void {
    if (!entry) return;
    const exact = entry.devicePixelContentBoxSize?.[0];
    const pixels = window.devicePixelRatio || 1;
    const width = exact ? exact.inlineSize : Math.round(entry.contentRect.width * pixels);
    const height = exact ? exact.blockSize : Math.round(entry.contentRect.height * pixels);
    if (width < 1 || height < 1 || entry.contentRect.width <= 0) return;
    // Uses the buffer's size, not the window's: they differ if a browser emulates a phone.
    const ratio = width / entry.contentRect.width;
    this.canvas.width = width;
    this.canvas.height = height;
    this.camera.setCanvas({ width, height }, ratio);
    // Setting the size cleared the canvas: paint now, or the resize would flicker.
    this.stale = this.whole;
    this.draw();
  }

  private draw(): void {
    const area = this.stale;
    this.stale = null;
    if (!area) return;
    const state = this.store.get();
    const view = snapped(state.view);
    const { drawing } = this;
    drawing.save();
    drawing.setTransform(...matrixOf(state.turn, this.whole));
    drawing.beginPath();
    drawing.rect(area.x, area.y, area.width, area.height);
    drawing.clip();
    drawing.fillStyle = '#050607';
    drawing.fillRect(area.x, area.y, area.width, area.height);
    if (state.image) for (const layer of this.layers) layer.draw(drawing, view, state, area);
    drawing.restore();
  }
}
