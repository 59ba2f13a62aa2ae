import { type Point, snapped, toCanvas } from '../viewer/geometry';
import type { PointerSample } from '../viewer/tools';
import { directionOnCanvas } from '../viewer/turn';
import type { EditorCommand } from './keymap';
import type { EditorTool, EditorToolContext } from './tools/context';

const FAR_PX = 10;

const MOVES: Partial<Record<EditorCommand, Point>> = {
  'crosshair-left': { x: -1, y: 0 },
  'crosshair-right': { x: 1, y: 0 },
  'crosshair-up': { x: 0, y: -1 },
  'crosshair-down': { x: 0, y: 1 },
};

/**
 * Drawing without a pointer: arrow keys move a crosshair from pixel to pixel, one key presses and
 * releases. The tool gets the same samples as from a mouse, so every tool works by keyboard.
 */
export class Crosshair {
  private at: Point | null = null;
  private pressed = false;

  constructor(
    private readonly context: EditorToolContext,
    private readonly tool: () => EditorTool,
  ) {}

  /** The pixel at which it is; null if the keyboard is not used for drawing. */
  get pixel(): Point | null {
    return this.at;
  }

  /** The middle of its pixel, in image coordinates. */
  get place(): Point | null {
    return this.middle;
  }

  private middle: Point | null = null;

  /** @returns whether it did something; null for a command that is not for the crosshair */
  run(command: EditorCommand, far: boolean): boolean | null {
    const arrow = MOVES[command];
    if (arrow) {
      // In the direction seen: in a turned picture another pixel is above this one.
      const step = directionOnCanvas(this.context.store.get().turn, arrow);
      this.move(step.x * (far ? FAR_PX : 1), step.y * (far ? FAR_PX : 1));
      return true;
    }
    if (command === 'press') {
      this.press();
      return true;
    }
    if (command === 'close' && this.tool().nextPlace) return this.goTo(this.tool().nextPlace?.());
    if (command !== 'cancel' || !(this.pressed || this.at)) return null;
    const busy = this.pressed || this.tool().busy === true;
    this.tool().cancel();
    this.pressed = false;
    if (!busy) this.leave();
    return true;
  }

  private goTo(place: Point | null | undefined): boolean {
    if (!place || this.pressed) return false;
    const { width, height } = this.context.editor.map;
    this.set({
      x: Math.max(0, Math.min(width - 1, Math.floor(place.x))),
      y: Math.max(0, Math.min(height - 1, Math.floor(place.y))),
    });
    this.reveal();
    return true;
  }

  /** A pointer took over: ends what the keyboard had begun, as if the key were released. */
  leave(): void {
    this.letGo();
    this.set(null);
  }

  /** Another tool is selected: ends what the keyboard had begun; the position stays. */
  letGo(): void {
    if (this.pressed) this.tool().up(this.sample());
    this.pressed = false;
  }

  private move(dx: number, dy: number): void {
    const { width, height } = this.context.editor.map;
    const from = this.at ?? this.start();
    // The first press of an arrow only shows the crosshair.
    const [mx, my] = this.at ? [dx, dy] : [0, 0];
    this.set({
      x: Math.max(0, Math.min(width - 1, from.x + mx)),
      y: Math.max(0, Math.min(height - 1, from.y + my)),
    });
    this.reveal();
    const tool = this.tool();
    if (this.pressed) tool.move(this.sample());
    else tool.hover?.(this.sample());
  }

  private press(): void {
    if (!this.at) {
      this.set(this.start());
      this.reveal();
      return;
    }
    const tool = this.tool();
    if (this.pressed) {
      this.pressed = false;
      tool.up(this.sample());
      return;
    }
    tool.down(this.sample());
    if (tool.clicks) tool.up(this.sample());
    else this.pressed = true;
  }

  /** The middle of the selected lesion, or else of the image. */
  private start(): Point {
    const { editor } = this.context;
    const { lesions, selected } = editor.state.get();
    const box = lesions.find((one) => one.label === selected)?.box ?? editor.map.box;
    return {
      x: Math.floor(box.left + box.width / 2),
      y: Math.floor(box.top + box.height / 2),
    };
  }

  private set(pixel: Point | null): void {
    this.at = pixel;
    this.middle = pixel && { x: pixel.x + 0.5, y: pixel.y + 0.5 };
  }

  private reveal(): void {
    if (this.at)
      this.context.camera.reveal({ left: this.at.x, top: this.at.y, width: 1, height: 1 });
  }

  private sample(): PointerSample {
    const view = snapped(this.context.store.get().view);
    const at = toCanvas(view, this.middle ?? { x: 0, y: 0 });
    return { ...at, pressure: 0.5, type: 'keyboard', shift: false, alt: false };
  }
}
