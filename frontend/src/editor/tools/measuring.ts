import { t } from '@lingui/core/macro';
import type { Point, View } from '../../viewer/geometry';
import type { ViewerState } from '../../viewer/state';
import type { PointerSample } from '../../viewer/tools';
import { addMeasurement } from '../commands';
import { drawMeasurement } from '../layers/measurement';
import { drawLine } from '../layers/strokes';
import { lineAlong, lineBetween } from '../measure';
import type { Line } from '../state';
import { type EditorTool, type EditorToolContext, onImage } from './context';

/** A shorter line, in image pixels, counts as a click. */
const SHORTEST = 1;
const OUTSIDE = t`The short axis leaves the part of the picture whose scale is known.`;

/** A drag measures a distance. */
export class RulerTool implements EditorTool {
  readonly cursor = 'crosshair';
  readonly draws = true;
  private line: Line | null = null;

  constructor(private readonly context: EditorToolContext) {}

  get busy(): boolean {
    return this.line !== null;
  }

  down(at: PointerSample): void {
    const start = onImage(this.context, at);
    this.line = lineAlong(start, start, this.context.editor.lengths);
  }

  move(at: PointerSample): void {
    if (!this.line) return;
    const end = onImage(this.context, at);
    this.line = lineAlong(this.line.start, end, this.context.editor.lengths);
    this.context.redraw();
  }

  up(at: PointerSample): void {
    this.move(at);
    const { line } = this;
    this.cancel();
    if (line?.why) this.context.editor.notice(line.why);
    else if (line && line.px >= SHORTEST) {
      addMeasurement(this.context.editor, { kind: 'ruler', lines: [line] });
    } else if (line) {
      this.context.editor.notice(t`Drag from one end to the other to measure.`);
    }
  }

  cancel(): void {
    if (!this.line) return;
    this.line = null;
    this.context.redraw();
  }

  hover(): void {}

  doubleClick(): void {}

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    if (this.line) drawLine(context, view, state.ratio, this.line);
  }
}

/**
 * The first drag sets the long axis, the second the short one, at right angles to it in the body. A
 * volume asks for a third axis, which may be anywhere: usually in another view next to it.
 */
export class AxesTool implements EditorTool {
  readonly cursor = 'crosshair';
  readonly draws = true;
  private done: Line[] = [];
  private line: Line | null = null;
  private from: Point | null = null;

  constructor(
    private readonly context: EditorToolContext,
    private readonly kind: 'calipers' | 'ellipse' | 'volume',
  ) {}

  get busy(): boolean {
    return this.done.length > 0 || this.line !== null;
  }

  down(at: PointerSample): void {
    this.from = onImage(this.context, at);
    this.move(at);
  }

  move(at: PointerSample): void {
    if (!this.from) return;
    const to = onImage(this.context, at);
    const [long] = this.done;
    const second = this.done.length === 1;
    this.line =
      long && second
        ? this.across(long, this.from, to)
        : lineAlong(this.from, to, this.context.editor.lengths);
    this.context.redraw();
  }

  private across(long: Line, from: Point, to: Point): Line {
    const { lengths } = this.context.editor;
    const { start, end } = perpendicular(
      long,
      from,
      to,
      lengths.along(long.start, long.end).spacing,
    );
    const line = lineAlong(start, end, lengths);
    // Both must share a scale: a short axis of another scale cannot belong to this lesion.
    return line.mm === null && long.mm !== null && !line.why ? { ...line, why: OUTSIDE } : line;
  }

  up(at: PointerSample): void {
    this.move(at);
    this.from = null;
    const { line } = this;
    this.line = null;
    if (line?.why) {
      this.context.editor.notice(line.why);
      this.cancel();
    } else if (line && line.px >= SHORTEST) {
      this.done = [...this.done, line];
      const wanted = this.kind === 'volume' ? 3 : 2;
      if (this.done.length < wanted) return;
      const lines = this.done;
      this.cancel();
      addMeasurement(this.context.editor, { kind: this.kind, lines });
    } else if (this.done.length === 0) this.cancel();
  }

  cancel(): void {
    this.done = [];
    this.line = null;
    this.from = null;
    this.context.redraw();
  }

  hover(): void {}

  doubleClick(): void {}

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    for (const line of this.line ? [...this.done, this.line] : this.done) {
      drawLine(context, view, state.ratio, line);
    }
  }
}

/** The first drag sets one side, starting at the vertex; the second ends at the other side. */
export class AngleTool implements EditorTool {
  readonly cursor = 'crosshair';
  readonly draws = true;
  private first: Line | null = null;
  private fixed = false;
  private second: Line | null = null;

  constructor(private readonly context: EditorToolContext) {}

  get busy(): boolean {
    return this.first !== null;
  }

  down(at: PointerSample): void {
    const point = onImage(this.context, at);
    if (!this.fixed) this.first = lineAlong(point, point, this.context.editor.lengths);
    this.move(at);
  }

  move(at: PointerSample): void {
    if (!this.first) return;
    const line = lineAlong(
      this.first.start,
      onImage(this.context, at),
      this.context.editor.lengths,
    );
    if (this.fixed) this.second = line;
    else this.first = line;
    this.context.redraw();
  }

  up(at: PointerSample): void {
    this.move(at);
    const { first, second, context } = this;
    if (!first || first.px < SHORTEST) {
      this.cancel();
      context.editor.notice(t`Drag from the corner along one side, then press on the other side.`);
    } else if (!this.fixed) {
      this.fixed = true;
    } else if (second && second.px >= SHORTEST) {
      this.cancel();
      addMeasurement(context.editor, { kind: 'angle', lines: [first, second] });
    }
  }

  cancel(): void {
    this.first = null;
    this.second = null;
    this.fixed = false;
    this.context.redraw();
  }

  hover(at: PointerSample): void {
    if (this.fixed) this.move(at);
  }

  doubleClick(): void {}

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    const lines = [this.first, this.second].flatMap((line) => line ?? []);
    drawMeasurement(context, view, state.ratio, { id: 0, kind: 'angle', lines });
  }
}

/** A pixel brighter than this is an echo; the surroundings of the echoes are black. */
const ECHO = 8;

/** A press measures how far a point lies below the first echo of its column. */
export class DepthTool implements EditorTool {
  readonly cursor = 'crosshair';
  readonly draws = true;
  private line: Line | null = null;

  constructor(private readonly context: EditorToolContext) {}

  get busy(): boolean {
    return this.line !== null;
  }

  down(at: PointerSample): void {
    const { editor } = this.context;
    const point = onImage(this.context, at);
    const { width, height, data } = editor.frame;
    const column = Math.max(0, Math.min(width - 1, Math.floor(point.x)));
    const end = Math.max(0, Math.min(height, point.y));
    let top = 0;
    while (top < end && (data[(top * width + column) * 4 + 1] as number) <= ECHO) top += 1;
    this.line = lineAlong({ x: point.x, y: top }, { x: point.x, y: end }, editor.lengths);
    this.context.redraw();
  }

  move(at: PointerSample): void {
    if (this.line) this.down(at);
  }

  up(at: PointerSample): void {
    this.move(at);
    const { line, context } = this;
    this.cancel();
    if (line?.why) context.editor.notice(line.why);
    else if (line && line.px >= SHORTEST) {
      addMeasurement(context.editor, { kind: 'depth', lines: [line] });
    } else if (line) context.editor.notice(t`There is no echo above this place.`);
  }

  cancel(): void {
    this.line = null;
    this.context.redraw();
  }

  hover(): void {}

  doubleClick(): void {}

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    if (this.line) drawLine(context, view, state.ratio, this.line);
  }
}

/**
 * The line through `from` at right angles to `axis` that extends as far as `to` in that direction.
 * Right angles are meant in the body: with unequal spacing they differ from those in the picture.
 */
export function perpendicular(
  axis: Line,
  from: Point,
  to: Point,
  spacing: { row: number; column: number } | null,
): Line {
  const sx = spacing?.column ?? 1;
  const sy = spacing?.row ?? 1;
  const ax = (axis.end.x - axis.start.x) * sx;
  const ay = (axis.end.y - axis.start.y) * sy;
  const length = Math.hypot(ax, ay);
  const normal = { x: -ay / length, y: ax / length };
  const reach = (to.x - from.x) * sx * normal.x + (to.y - from.y) * sy * normal.y;
  const end = { x: from.x + (reach * normal.x) / sx, y: from.y + (reach * normal.y) / sy };
  return lineBetween(from, end, spacing);
}
