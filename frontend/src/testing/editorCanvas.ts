import type { Box } from '../editor/box';
import { Crosshair } from '../editor/crosshair';
import type { Editor } from '../editor/editor';
import type { EditorCommand } from '../editor/keymap';
import { runCommand } from '../editor/run';
import type { ToolName } from '../editor/state';
import type { EditorTool, EditorToolContext } from '../editor/tools/context';
import { toolOf } from '../editor/tools/toolOf';
import { Camera } from '../viewer/camera';
import type { Point } from '../viewer/geometry';
import { CanvasInput } from '../viewer/input';
import { INITIAL_STATE, type ViewerState } from '../viewer/state';
import { Store } from '../viewer/store';
import { PanTool, WindowTool } from '../viewer/tools';

/** Scale between image and CSS pixels of the test canvas, and its corner in the window. */
const SCALE = 2;
const CORNER = { x: 20, y: 10 };

/**
 * An editor with its tools and the real input on a canvas of twice the image's size; everything
 * except painting, which jsdom does not support. All points are image coordinates.
 */
export class EditorCanvas {
  readonly boxes: Box[] = [];
  readonly points: Point[] = [];
  scribbles = 0;
  readonly store: Store<ViewerState>;
  readonly camera: Camera;
  tool: EditorTool;
  private readonly canvas = document.createElement('canvas');
  private readonly input: CanvasInput;
  private readonly crosshair: Crosshair;
  private readonly context: EditorToolContext;
  private shown: ToolName;

  constructor(readonly editor: Editor) {
    const { width, height } = editor.map;
    this.store = new Store(INITIAL_STATE);
    this.camera = new Camera(this.store);
    document.body.append(this.canvas);
    this.canvas.width = width * SCALE;
    this.canvas.height = height * SCALE;
    this.canvas.getBoundingClientRect = () =>
      new DOMRect(CORNER.x, CORNER.y, width * SCALE, height * SCALE);
    this.camera.setCanvas({ width: this.canvas.width, height: this.canvas.height }, 1);
    this.camera.setImage({ width, height });
    this.context = {
      store: this.store,
      camera: this.camera,
      editor,
      redraw: () => {},
      onBox: (box) => this.boxes.push(box),
      onPoint: (pixel) => this.points.push(pixel),
      onScribbles: () => {
        this.scribbles += 1;
      },
    };
    this.shown = editor.state.get().tool;
    this.tool = toolOf(this.shown, this.context);
    editor.state.subscribe(() => this.follow());
    const pan = new PanTool(this.context);
    const window = new WindowTool(this.context);
    const eraser = toolOf('eraser', this.context);
    this.input = new CanvasInput(this.canvas, this.context, {
      primary: () => this.tool,
      secondary: () => window,
      pan: () => pan,
      eraser: () => eraser,
    });
    this.crosshair = new Crosshair(this.context, () => this.tool);
  }

  private follow(): void {
    const { tool } = this.editor.state.get();
    if (tool === this.shown) return;
    this.shown = tool;
    this.tool = toolOf(tool, this.context);
  }

  remove(): void {
    this.input.destroy();
    this.canvas.remove();
  }

  run(command: EditorCommand, far = false): boolean {
    return (
      this.crosshair.run(command, far) ?? runCommand(this.editor, this.tool, this.camera, command)
    );
  }

  get crosshairAt() {
    return this.crosshair.pixel;
  }

  event(type: string, x: number, y: number, more: PointerEventInit = {}): PointerEvent {
    return new PointerEvent(type, {
      pointerId: 1,
      pointerType: 'mouse',
      pressure: 0.5,
      buttons: type === 'pointerup' ? 0 : 1,
      clientX: x * SCALE + CORNER.x,
      clientY: y * SCALE + CORNER.y,
      bubbles: true,
      cancelable: true,
      ...more,
    });
  }

  pointer(type: string, x: number, y: number, more: PointerEventInit = {}): void {
    this.canvas.dispatchEvent(this.event(type, x, y, more));
  }

  /** Presses at the first point, moves through the others and releases at the last. */
  drag(points: readonly (readonly [number, number])[], more: PointerEventInit = {}): void {
    const [first, ...rest] = points;
    const [x, y] = points.at(-1) ?? [0, 0];
    if (first) this.pointer('pointerdown', ...first, more);
    for (const point of rest) this.pointer('pointermove', ...point, more);
    this.pointer('pointerup', x, y, more);
  }

  click(x: number, y: number, more: PointerEventInit = {}): void {
    this.drag([[x, y]], more);
  }

  /** One move whose event contains all samples that the device took since the last frame. */
  coalesced(points: readonly (readonly [number, number])[]): void {
    const [x, y] = points.at(-1) ?? [0, 0];
    const event = this.event('pointermove', x, y);
    const samples = points.map((point) => this.event('pointermove', ...point));
    Object.defineProperty(event, 'getCoalescedEvents', { value: () => samples });
    this.canvas.dispatchEvent(event);
  }

  doubleClick(x: number, y: number): void {
    const [clientX, clientY] = [x * SCALE + CORNER.x, y * SCALE + CORNER.y];
    this.canvas.dispatchEvent(new MouseEvent('dblclick', { clientX, clientY }));
  }

  wheel(deltaY: number, more: WheelEventInit = {}): void {
    this.canvas.dispatchEvent(new WheelEvent('wheel', { deltaY, cancelable: true, ...more }));
  }
}
