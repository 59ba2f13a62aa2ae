import { distance, type Point, toCanvas, type View } from '../../viewer/geometry';
import type { ViewerState } from '../../viewer/state';
import type { PointerSample } from '../../viewer/tools';
import { type Coverage, enclosed } from '../coverage';
import type { Editor } from '../editor';
import { drawPath, drawPoints } from '../layers/strokes';
import { rememberRing } from '../ringMemory';
import { straightRing } from '../rings';
import type { Mode } from '../state';
import {
  beginOnTarget,
  type EditorTool,
  type EditorToolContext,
  endOnTarget,
  lesionUnder,
  modeOf,
  onImage,
} from './context';

/** Clicks closer than this are one point, in CSS pixels; on the first point they close. */
const SNAP_CSS_PX = 7;

function apply(context: EditorToolContext, points: readonly Point[], mode: Mode, name: string) {
  const { editor } = context;
  const area = enclosed(points);
  const first = points[0];
  const begun = first ? lesionUnder(editor, first) : null;
  const under = mode === 'subtract' ? mostWithin(editor, area) : begun;
  const target = beginOnTarget(editor, name, mode, under);
  if (!target) return;
  editor.lay(area, target.label, target.rule);
  endOnTarget(editor, target);
}

/** The lesion that a closed line takes from: the selected one if it has any of it, else the most. */
function mostWithin(editor: Editor, { box, inside }: Coverage): number | null {
  const counts = new Map<number, number>();
  inside.forEach((value, i) => {
    if (value !== 1) return;
    const at = { x: box.left + (i % box.width), y: box.top + Math.floor(i / box.width) };
    const label = lesionUnder(editor, at);
    if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
  });
  const { selected } = editor.state.get();
  if (selected !== null && counts.has(selected)) return selected;
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

/** A closed line drawn by hand: its inside is added or taken away. */
export class LassoTool implements EditorTool {
  readonly cursor = 'crosshair';
  readonly draws = true;
  readonly everySample = true;
  private points: Point[] = [];
  private mode: Mode = 'add';

  constructor(private readonly context: EditorToolContext) {}

  get busy(): boolean {
    return this.points.length > 0;
  }

  down(at: PointerSample): void {
    this.mode = modeOf(this.context.editor, at);
    this.points = [onImage(this.context, at)];
  }

  move(at: PointerSample): void {
    if (this.points.length === 0) return;
    this.points.push(onImage(this.context, at));
    this.context.redraw();
  }

  up(): void {
    const { points } = this;
    this.points = [];
    apply(this.context, points, this.mode, this.mode === 'add' ? 'Lasso' : 'Lasso, take away');
    this.context.redraw();
  }

  cancel(): void {
    if (this.points.length === 0) return;
    this.points = [];
    this.context.redraw();
  }

  hover(): void {}

  doubleClick(): void {}

  extent(): readonly Point[] {
    return this.points;
  }

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    drawPath(context, view, state.ratio, this.points, { closed: true });
  }
}

/**
 * Points placed one by one; a double click, Enter or a click on the first point closes the line.
 * A press may be dragged before it is let go, to place the point exactly.
 */
export class PolygonTool implements EditorTool {
  readonly cursor = 'crosshair';
  readonly draws = true;
  readonly clicks = true;
  private points: Point[] = [];
  private ahead: Point | null = null;
  private mode: Mode = 'add';

  /** @param done what becomes of the closed line; the selected lesion's when absent */
  constructor(
    private readonly context: EditorToolContext,
    private readonly done?: (points: readonly Point[]) => void,
  ) {}

  get busy(): boolean {
    return this.points.length > 0;
  }

  down(at: PointerSample): void {
    if (this.points.length === 0) this.mode = modeOf(this.context.editor, at);
    this.ahead = onImage(this.context, at);
    this.context.redraw();
  }

  move(at: PointerSample): void {
    this.hover(at);
  }

  up(at: PointerSample): void {
    if (!this.ahead) return;
    const point = onImage(this.context, at);
    const first = this.points[0];
    const last = this.points.at(-1);
    if (this.points.length >= 3 && first && this.near(first, point)) {
      this.close();
      return;
    }
    // The second click of a double click lands on the point that the first one placed.
    if (!last || !this.near(last, point)) this.points.push(point);
    this.context.redraw();
  }

  private near(a: Point, b: Point): boolean {
    const { view, ratio } = this.context.store.get();
    return distance(a, b) * view.scale <= SNAP_CSS_PX * ratio;
  }

  hover(at: PointerSample): void {
    this.ahead = onImage(this.context, at);
    if (this.points.length > 0) this.context.redraw();
  }

  doubleClick(): void {
    this.close();
  }

  close(): boolean {
    const { points } = this;
    if (points.length < 3) {
      if (points.length > 0) this.context.editor.notice('A polygon needs three points.');
      return false;
    }
    this.points = [];
    const name = this.mode === 'add' ? 'Polygon' : 'Polygon, take away';
    if (this.done) this.done(points);
    else {
      // Its points can be taken hold of afterwards.
      rememberRing(this.context.editor, straightRing(points));
      apply(this.context, points, this.mode, name);
    }
    this.context.redraw();
    return true;
  }

  removePoint(): boolean {
    if (this.points.length === 0) return false;
    this.points.pop();
    this.context.redraw();
    return true;
  }

  cancel(): void {
    if (this.points.length === 0) return;
    this.points = [];
    this.context.redraw();
  }

  extent(): readonly Point[] {
    return this.ahead && this.points.length > 0 ? [...this.points, this.ahead] : this.points;
  }

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    if (this.points.length === 0) return;
    const line = this.ahead ? [...this.points, this.ahead] : this.points;
    drawPath(context, view, state.ratio, line, { closed: line.length > 2 });
    drawPoints(
      context,
      this.points.map((point) => toCanvas(view, point)),
      state.ratio,
    );
  }
}
