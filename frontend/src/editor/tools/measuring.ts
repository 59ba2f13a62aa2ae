import type { Point, View } from '../../viewer/geometry';
import type { ViewerState } from '../../viewer/state';
import type { PointerSample } from '../../viewer/tools';
import { addMeasurement } from '../commands';
import { drawLine } from '../layers/strokes';
import { lineAlong, lineBetween } from '../measure';
import type { Line } from '../state';
import { type EditorTool, type EditorToolContext, onImage } from './context';

/** Shorter than this, in image pixels, a line was a click. */
const SHORTEST = 1;
const OUTSIDE = 'The short axis leaves the part of the picture whose scale is known.';

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
      this.context.editor.notice('Drag from one end to the other to measure.');
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

/** The first drag is the long axis, the second the short one, at right angles in the body. */
export class CalipersTool implements EditorTool {
  readonly cursor = 'crosshair';
  readonly draws = true;
  private long: Line | null = null;
  private short: Line | null = null;
  private from: Point | null = null;

  constructor(private readonly context: EditorToolContext) {}

  get busy(): boolean {
    return this.long !== null;
  }

  down(at: PointerSample): void {
    this.from = onImage(this.context, at);
    this.move(at);
  }

  move(at: PointerSample): void {
    if (!this.from) return;
    const to = onImage(this.context, at);
    const { lengths } = this.context.editor;
    if (this.short === null && !this.longDone) this.long = lineAlong(this.from, to, lengths);
    else if (this.long) this.short = this.across(this.long, this.from, to);
    this.context.redraw();
  }

  private longDone = false;

  private across(long: Line, from: Point, to: Point): Line {
    const { lengths } = this.context.editor;
    const { start, end } = perpendicular(
      long,
      from,
      to,
      lengths.along(long.start, long.end).spacing,
    );
    const line = lineAlong(start, end, lengths);
    // The two belong together: a short axis of another scale is none of this lesion.
    return line.mm === null && long.mm !== null && !line.why ? { ...line, why: OUTSIDE } : line;
  }

  up(at: PointerSample): void {
    this.move(at);
    this.from = null;
    const { long, short } = this;
    const why = long?.why ?? short?.why;
    if (why) {
      this.context.editor.notice(why);
      this.cancel();
    } else if (!long || long.px < SHORTEST) {
      this.cancel();
    } else if (!this.longDone) {
      this.longDone = true;
    } else if (short && short.px >= SHORTEST) {
      this.cancel();
      addMeasurement(this.context.editor, { kind: 'calipers', lines: [long, short] });
    } else {
      this.short = null;
    }
  }

  cancel(): void {
    this.long = null;
    this.short = null;
    this.from = null;
    this.longDone = false;
    this.context.redraw();
  }

  hover(): void {}

  doubleClick(): void {}

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    for (const line of [this.long, this.short]) {
      if (line) drawLine(context, view, state.ratio, line);
    }
  }
}

/**
 * The line through `from` at right angles to `axis` that reaches as far as `to` does in that
 * direction. Right angles are those of the body: with unequal spacing the picture's differ.
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
