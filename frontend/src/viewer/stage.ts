import { Camera } from './camera';
import { snapped } from './geometry';
import { CanvasInput } from './input';
import { ContourLayer, FillLayer, FrameLayer, type Layer } from './layers';
import type { Outline } from './lesions';
import type { ViewerState } from './state';
import type { Store } from './store';
import { PanTool, type Tool, type ToolContext, WindowTool } from './tools';

/**
 * The canvas of the viewer: layers drawn through one camera, pointers given to a tool.
 * Knows nothing of React. An editor adds its layers and tools to the same stage.
 */
export class Stage {
  readonly camera: Camera;
  private readonly frame = new FrameLayer();
  private readonly fill = new FillLayer();
  private readonly contours = new ContourLayer();
  private readonly layers: Layer[] = [this.frame, this.fill, this.contours];
  private readonly input: CanvasInput;
  private readonly observer: ResizeObserver;
  private readonly unsubscribe: () => void;
  private readonly drawing: CanvasRenderingContext2D;
  private outlines: readonly Outline[] = [];
  private primary: Tool;
  private readonly secondary: Tool;
  private request = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly store: Store<ViewerState>,
  ) {
    const drawing = canvas.getContext('2d', { alpha: false });
    if (!drawing) throw new Error('This browser cannot draw; enable canvas and reload.');
    this.drawing = drawing;
    this.camera = new Camera(store);
    const context: ToolContext = { store, camera: this.camera, outlines: () => this.outlines };
    this.primary = new PanTool(context);
    this.secondary = new WindowTool(context);
    this.input = new CanvasInput(
      canvas,
      context,
      () => this.primary,
      () => this.secondary,
    );
    this.unsubscribe = store.subscribe(() => this.invalidate());
    this.observer = new ResizeObserver((entries) => this.resize(entries.at(-1)));
    try {
      // Exact device pixels where the browser tells them; Safari does not.
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

  /** Shows another frame, without overlay; null empties the canvas. */
  show(frame: ImageData | null): void {
    this.frame.setFrame(frame);
    this.camera.setImage(frame && { width: frame.width, height: frame.height });
    this.overlay(null, []);
  }

  /**
   * Lays lesions over the frame.
   * @param mask of the frame's width and height, or null while it is not loaded
   */
  overlay(mask: ImageData | null, outlines: readonly Outline[]): void {
    const { image, selected, hovered } = this.store.get();
    if (mask && (mask.width !== image?.width || mask.height !== image.height)) {
      throw new Error('The mask does not have the size of the frame; run the model again.');
    }
    const labels = outlines.map((outline) => outline.label);
    this.outlines = outlines;
    this.fill.setMask(mask, outlines);
    this.contours.setOutlines(outlines);
    this.store.set({
      selected: selected !== null && labels.includes(selected) ? selected : null,
      hovered: hovered !== null && labels.includes(hovered) ? hovered : null,
    });
    this.invalidate();
  }

  /** The tool that the primary button, a pen or one finger drives. */
  setTool(make: (context: ToolContext) => Tool): void {
    this.primary.cancel();
    this.primary = make({ store: this.store, camera: this.camera, outlines: () => this.outlines });
  }

  addLayer(layer: Layer): () => void {
    this.layers.push(layer);
    this.invalidate();
    return () => {
      this.layers.splice(this.layers.indexOf(layer), 1);
      this.invalidate();
    };
  }

  /** Asks for one drawing in the next animation frame, however often it is called. */
  invalidate(): void {
    if (this.request) return;
    this.request = requestAnimationFrame(() => {
      this.request = 0;
      this.draw();
    });
  }

  private resize(entry: ResizeObserverEntry | undefined): void {
    if (!entry) return;
    const exact = entry.devicePixelContentBoxSize?.[0];
    const ratio = window.devicePixelRatio || 1;
    const width = exact ? exact.inlineSize : Math.round(entry.contentRect.width * ratio);
    const height = exact ? exact.blockSize : Math.round(entry.contentRect.height * ratio);
    if (width < 1 || height < 1) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this.camera.setCanvas({ width, height }, ratio);
    // Setting the size cleared the canvas: draw now, or a resize flickers.
    this.draw();
  }

  private draw(): void {
    const state = this.store.get();
    const view = snapped(state.view);
    this.drawing.fillStyle = '#050607';
    this.drawing.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (!state.image) return;
    for (const layer of this.layers) layer.draw(this.drawing, view, state);
  }
}
