import { t } from '@lingui/core/macro';
import { distance, type Point, toCanvas, type View } from '../../viewer/geometry';
import type { ViewerState } from '../../viewer/state';
import type { PointerSample } from '../../viewer/tools';
import { type Coverage, enclosed } from '../coverage';
import type { Editor } from '../editor';
import { drawPath, drawPoints } from '../layers/strokes';
import { rememberRing } from '../ringMemory';
import { outlineOf } from '../rings';
import { fieldOf } from '../speckle';
import type { Mode } from '../state';
import { Wire } from '../wire';
import {
  beginOnTarget,
  type EditorTool,
  type EditorToolContext,
  endOnTarget,
  lesionUnder,
  modeOf,
  onImage,
} from './context';

/** Clicks closer than this, in CSS pixels, are one point; on the first point they close. */
const SNAP_CSS_PX = 7;
/** A move may take half a frame at 60 Hz; placing a point may take longer. */
const MOVE_MS = 8;
const PLACING_MS = 250;

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

/**
 * The lesion that a closed line subtracts from: the selected one if any of it is inside, else the
 * one with the most pixels inside.
 */
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

/** A closed line drawn by hand: its inside is added or subtracted. */
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
    apply(this.context, points, this.mode, this.mode === 'add' ? t`Lasso` : t`Lasso, subtract`);
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
 * Points placed one by one; a double click, Enter or a click on the first point closes the line. A
 * press may be dragged before the release, to place the point exactly.
 */
export class PolygonTool implements EditorTool {
  readonly cursor = 'crosshair';
  readonly draws = true;
  readonly clicks = true;
  private points: Point[] = [];
  private ahead: Point | null = null;
  private mode: Mode = 'add';

  /** Paths between the points, one fewer than points; an empty path is straight. */
  private legs: Point[][] = [];
  private wire: Wire | null = null;

  /**
   * @param options.done called with the closed line, which otherwise changes the selected lesion
   * @param options.alongEdges lines between points follow the edges of the picture (live-wire)
   */
  constructor(
    private readonly context: EditorToolContext,
    private readonly options: {
      done?: (points: readonly Point[]) => void;
      alongEdges?: boolean;
    } = {},
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
    // The second click of a double click falls on the point placed by the first.
    if (!last || !this.near(last, point)) this.place(point);
    this.context.redraw();
  }

  private place(point: Point): void {
    if (this.points.length > 0) this.legs.push(this.way(point, PLACING_MS));
    this.points.push(point);
    this.startWire();
  }

  private startWire(): void {
    const last = this.points.at(-1);
    const { frame } = this.context.editor;
    this.wire = last && this.options.alongEdges ? new Wire(fieldOf(frame), last) : null;
  }

  /** The path from the last point to another one, without either. */
  private way(to: Point, milliseconds: number): Point[] {
    return this.wire?.to(to, milliseconds).slice(0, -1) ?? [];
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
      if (points.length > 0) this.context.editor.notice(t`A polygon needs three points.`);
      return false;
    }
    const paths = [...this.legs, this.way(points[0] as Point, PLACING_MS)];
    this.forget();
    const tool = this.options.alongEdges ? t`Scissors` : t`Polygon`;
    if (this.options.done) this.options.done(points);
    else {
      const ring = { handles: points, paths, hole: false };
      // The points can be dragged afterwards.
      rememberRing(this.context.editor, ring);
      const name = this.mode === 'add' ? tool : t`${tool}, subtract`;
      apply(this.context, outlineOf(ring), this.mode, name);
    }
    this.context.redraw();
    return true;
  }

  removePoint(): boolean {
    if (this.points.length === 0) return false;
    this.points.pop();
    this.legs.pop();
    this.startWire();
    this.context.redraw();
    return true;
  }

  cancel(): void {
    if (this.points.length === 0) return;
    this.forget();
    this.context.redraw();
  }

  private forget(): void {
    this.points = [];
    this.legs = [];
    this.wire = null;
  }

  extent(): readonly Point[] {
    return this.line();
  }

  /** The points placed so far, the paths between them, and the point that a click would place. */
  private line(): Point[] {
    const { points, legs, ahead } = this;
    if (points.length === 0) return [];
    const placed = points.flatMap((point, i) => [point, ...(legs[i] ?? [])]);
    return ahead ? [...placed, ...this.way(ahead, MOVE_MS), ahead] : placed;
  }

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    if (this.points.length === 0) return;
    const line = this.line();
    const closed = line.length > 2 && !this.options.alongEdges;
    drawPath(context, view, state.ratio, line, { closed });
    drawPoints(
      context,
      this.points.map((point) => toCanvas(view, point)),
      state.ratio,
    );
  }
}
