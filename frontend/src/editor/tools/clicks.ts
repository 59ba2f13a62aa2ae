import { t } from '@lingui/core/macro';
import type { Point, View } from '../../viewer/geometry';
import type { ViewerState } from '../../viewer/state';
import { PanTool, type PointerSample } from '../../viewer/tools';
import { type Box, boxAround, intersection } from '../box';
import { fillHoleAt, removeIsland } from '../commands';
import { drawPath } from '../layers/strokes';
import { type EditorTool, type EditorToolContext, onImage, pixelUnder } from './context';

/** A click acts on the pixel under it. */
abstract class ClickTool implements EditorTool {
  readonly clicks = true;
  abstract readonly cursor: string;

  constructor(protected readonly context: EditorToolContext) {}

  down(at: PointerSample): void {
    this.act(pixelUnder(this.context, at));
  }

  move(_at: PointerSample): void {}

  up(_at: PointerSample): void {}

  cancel(): void {}

  /** Highlights the lesion under the pointer. */
  hover(at: PointerSample): void {
    this.context.store.set({ hovered: this.lesionAt(pixelUnder(this.context, at)) });
  }

  doubleClick(): void {}

  protected abstract act(pixel: Point): void;

  protected lesionAt({ x, y }: Point): number | null {
    const { editor } = this.context;
    return editor.lesionAt(x, y);
  }
}

/** Selects the lesion under the pointer; on the background a click deselects and a drag pans. */
export class SelectTool extends ClickTool {
  readonly cursor = 'default';
  private readonly pan: PanTool;
  private onGround = false;

  constructor(context: EditorToolContext) {
    super(context);
    this.pan = new PanTool(context);
  }

  override down(at: PointerSample): void {
    this.onGround = this.lesionAt(pixelUnder(this.context, at)) === null;
    if (this.onGround) this.pan.down(at);
    else super.down(at);
  }

  override move(at: PointerSample): void {
    if (this.onGround) this.pan.move(at);
  }

  override up(): void {
    if (this.onGround && !this.pan.moves) this.context.editor.selectLesion(null);
    this.cancel();
  }

  override cancel(): void {
    this.onGround = false;
    this.pan.cancel();
  }

  protected act(pixel: Point): void {
    this.context.editor.selectLesion(this.lesionAt(pixel));
  }
}

export class FillHoleTool extends ClickTool {
  readonly cursor = 'crosshair';
  readonly draws = true;

  protected act({ x, y }: Point): void {
    fillHoleAt(this.context.editor, x, y);
  }
}

export class RemoveIslandTool extends ClickTool {
  readonly cursor = 'crosshair';
  readonly draws = true;

  protected act({ x, y }: Point): void {
    removeIsland(this.context.editor, x, y);
  }
}

/** A smaller box, in image pixels, counts as accidental. */
const SMALLEST_BOX = 4;

interface BoxOptions {
  /** Minimum side length in image pixels. */
  smallest?: number;
  /** Called with the clicked pixel of the frame; without it, a click counts as accidental. */
  clicked?: (pixel: Point) => void;
}

/**
 * Draws a rectangle in whole pixels of the frame.
 * @param done called with the finished box
 */
export class BoxTool implements EditorTool {
  readonly cursor = 'crosshair';
  readonly draws = true;
  private from: Point | null = null;
  private to: Point | null = null;

  constructor(
    private readonly context: EditorToolContext,
    private readonly done: (box: Box) => void,
    private readonly options: BoxOptions = {},
  ) {}

  get busy(): boolean {
    return this.from !== null;
  }

  down(at: PointerSample): void {
    this.from = onImage(this.context, at);
    this.to = this.from;
  }

  move(at: PointerSample): void {
    if (!this.from) return;
    this.to = onImage(this.context, at);
    this.context.redraw();
  }

  up(at: PointerSample): void {
    this.move(at);
    const { smallest = SMALLEST_BOX, clicked } = this.options;
    const box = this.box();
    this.cancel();
    if (box && Math.min(box.width, box.height) >= smallest) this.done(box);
    else if (box && clicked && Math.max(box.width, box.height) < smallest) {
      clicked({ x: box.left, y: box.top });
    } else {
      this.context.editor.notice(
        t`That box is too small: drag from corner to corner, at least ${smallest} px each way.`,
      );
    }
  }

  cancel(): void {
    if (!this.from) return;
    this.from = null;
    this.to = null;
    this.context.redraw();
  }

  hover(): void {}

  doubleClick(): void {}

  extent(): readonly Point[] {
    return this.from && this.to ? [this.from, this.to] : [];
  }

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    const box = this.box();
    if (!box) return;
    const { left, top, width, height } = box;
    const corners = [
      { x: left, y: top },
      { x: left + width, y: top },
      { x: left + width, y: top + height },
      { x: left, y: top + height },
    ];
    drawPath(context, view, state.ratio, corners, { closed: true });
  }

  /** In whole pixels of the frame. */
  private box(): Box | null {
    const { from, to } = this;
    if (!from || !to) return null;
    const around = boxAround(
      Math.min(from.x, to.x),
      Math.min(from.y, to.y),
      Math.max(from.x, to.x),
      Math.max(from.y, to.y),
    );
    return intersection(around, this.context.editor.map.box);
  }
}
