import { t } from '@lingui/core/macro';
import type { Point, View } from '../../viewer/geometry';
import type { ViewerState } from '../../viewer/state';
import type { PointerSample } from '../../viewer/tools';
import type { Coverage } from '../coverage';
import { drawCoverage } from '../layers/coverageOutline';
import { regionAt } from '../regions';
import { fieldOf } from '../speckle';
import type { ToolOptions } from '../state';
import {
  beginOnTarget,
  type EditorTool,
  type EditorToolContext,
  endOnTarget,
  lesionUnder,
  modeOf,
  onImage,
} from './context';

/** CSS pixels of dragging that change the tolerance by one grey value. */
const CSS_PX_PER_GRAY = 4;
const MOST_TOLERANCE = 120;

/**
 * Selects the pixels within a radius that are as grey as the one under the pointer, with a preview.
 * Dragging a press sideways selects more or less, so the tool also works without hovering.
 */
export class WandTool implements EditorTool {
  readonly cursor = 'crosshair';
  readonly draws = true;
  private pressed: { at: Point; from: Point; tolerance: number } | null = null;
  private at: Point | null = null;
  private drawn: { for: string; region: Coverage | null } = { for: '', region: null };

  constructor(private readonly context: EditorToolContext) {}

  get busy(): boolean {
    return this.pressed !== null;
  }

  down(at: PointerSample): void {
    const { tolerance } = this.context.editor.state.get().options;
    this.at = onImage(this.context, at);
    this.pressed = { at: this.at, from: at, tolerance };
    this.context.redraw();
  }

  move(at: PointerSample): void {
    const { pressed } = this;
    if (!pressed) return;
    const { ratio, view } = this.context.store.get();
    // The keyboard moves from pixel to pixel of the image: each move is one step.
    const step = at.type === 'keyboard' ? view.scale : CSS_PX_PER_GRAY * ratio;
    const wished = pressed.tolerance + Math.round((at.x - pressed.from.x) / step);
    const tolerance = Math.max(0, Math.min(MOST_TOLERANCE, wished));
    this.context.editor.setOptions({ tolerance });
    this.context.redraw();
  }

  up(at: PointerSample): void {
    if (!this.pressed) return;
    this.move(at);
    const region = this.region();
    const { editor } = this.context;
    const mode = modeOf(editor, at);
    const under = lesionUnder(editor, this.pressed.at);
    this.pressed = null;
    this.context.redraw();
    if (!region) {
      editor.notice(t`Click on the image.`);
      return;
    }
    const name = mode === 'add' ? t`Wand` : t`Wand, subtract`;
    const target = beginOnTarget(editor, name, mode, under);
    if (!target) return;
    editor.lay(region, target.label, target.rule);
    endOnTarget(editor, target);
  }

  cancel(): void {
    if (this.pressed) {
      this.context.editor.setOptions({ tolerance: this.pressed.tolerance });
    }
    this.pressed = null;
    this.context.redraw();
  }

  hover(at: PointerSample): void {
    this.at = onImage(this.context, at);
    this.context.redraw();
  }

  leave(): void {
    this.at = null;
    this.context.redraw();
  }

  doubleClick(): void {}

  wheel(notches: number): boolean {
    this.context.editor.resizeTool(1.15 ** notches);
    this.context.redraw();
    return true;
  }

  extent(): readonly Point[] {
    const box = this.region()?.box;
    if (!box) return [];
    return [
      { x: box.left, y: box.top },
      { x: box.left + box.width, y: box.top + box.height },
    ];
  }

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    const region = this.region();
    if (region) drawCoverage(context, view, state.ratio, region);
  }

  /** The pixels that a click would select; the same object as long as no input changes. */
  private region(): Coverage | null {
    const { editor } = this.context;
    const { options } = editor.state.get();
    const { at } = this;
    if (!at) return null;
    const key = keyOf(at, options);
    if (this.drawn.for !== key) {
      const { wand, wandRadius, tolerance } = options;
      const region = regionAt(fieldOf(editor.frame), at, wand, wandRadius, tolerance);
      this.drawn = { for: key, region };
    }
    return this.drawn.region;
  }
}

function keyOf({ x, y }: Point, { wand, wandRadius, tolerance }: ToolOptions): string {
  return [Math.floor(x), Math.floor(y), wand, wandRadius, tolerance].join();
}
