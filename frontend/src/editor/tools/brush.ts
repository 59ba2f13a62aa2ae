import { t } from '@lingui/core/macro';
import type { PointerSample } from '../../viewer/tools';
import { type Dab, swept } from '../coverage';
import { SCRIBBLE } from '../state';
import {
  beginOnTarget,
  type EditorTool,
  type EditorToolContext,
  endOnTarget,
  lesionUnder,
  modeOf,
  onImage,
} from './context';

/** At this pressure a pen draws with the full radius; most people write with less. */
const FULL_PRESSURE = 0.5;
const LEAST_SHARE = 0.3;

/** Common base of brush, eraser and scribble: a round footprint swept along the pointer. */
abstract class SweepTool implements EditorTool {
  // The circle of the cursor layer shows the position and the size.
  readonly cursor = 'none';
  readonly draws = true;
  readonly everySample = true;
  private last: Dab | null = null;

  constructor(protected readonly context: EditorToolContext) {}

  down(at: PointerSample): void {
    this.last = null;
    if (!this.begin(at)) return;
    const dab = this.dab(at);
    this.last = dab;
    this.sweep(dab, dab);
  }

  move(at: PointerSample): void {
    if (!this.last) return;
    const dab = this.dab(at);
    this.sweep(this.last, dab);
    this.last = dab;
  }

  up(): void {
    if (!this.last) return;
    this.last = null;
    this.finish();
  }

  cancel(): void {
    if (!this.last) return;
    this.last = null;
    this.context.editor.cancel();
  }

  hover(): void {}

  doubleClick(): void {}

  wheel(notches: number): boolean {
    this.context.editor.resizeTool(1.15 ** notches);
    return true;
  }

  private dab(at: PointerSample): Dab {
    return { ...onImage(this.context, at), radius: this.radius(at) };
  }

  protected abstract begin(at: PointerSample): boolean;
  protected abstract sweep(from: Dab, to: Dab): void;
  protected abstract radius(at: PointerSample): number;
  protected abstract finish(): void;
}

/** Paints on the selected lesion, or removes from it. */
export class BrushTool extends SweepTool {
  private target: ReturnType<typeof beginOnTarget> = null;

  /** @param erases whether it subtracts regardless of the mode; Shift and Alt then make it paint */
  constructor(
    context: EditorToolContext,
    private readonly erases = false,
  ) {
    super(context);
  }

  protected begin(at: PointerSample): boolean {
    const { editor } = this.context;
    const flipped = at.shift || at.alt;
    const mode = this.erases ? (flipped ? 'add' : 'subtract') : modeOf(editor, at);
    const under = lesionUnder(editor, onImage(this.context, at));
    this.target = beginOnTarget(editor, mode === 'add' ? t`Brush` : t`Eraser`, mode, under);
    return this.target !== null;
  }

  protected sweep(from: Dab, to: Dab): void {
    if (this.target) this.context.editor.lay(swept(from, to), this.target.label, this.target.rule);
  }

  protected finish(): void {
    if (this.target) endOnTarget(this.context.editor, this.target);
  }

  protected radius(at: PointerSample): number {
    const { radius, pressure } = this.context.editor.state.get().options;
    if (!pressure || at.type !== 'pen') return radius;
    const share = LEAST_SHARE + ((1 - LEAST_SHARE) * at.pressure) / FULL_PRESSURE;
    return Math.max(0.5, radius * Math.min(1, share));
  }
}

/** Marks pixels as lesion or not lesion, for the server to refine from. */
export class ScribbleTool extends SweepTool {
  private value: number = SCRIBBLE.lesion;

  protected begin(at: PointerSample): boolean {
    const { editor } = this.context;
    const { scribble } = editor.state.get().options;
    const lesion = (scribble === 'lesion') !== (at.shift || at.alt);
    this.value = lesion ? SCRIBBLE.lesion : SCRIBBLE['not-lesion'];
    editor.begin(lesion ? t`Scribble lesion` : t`Scribble not lesion`);
    return true;
  }

  protected sweep(from: Dab, to: Dab): void {
    this.context.editor.layScribble(swept(from, to), this.value);
  }

  protected radius(): number {
    return this.context.editor.state.get().options.scribbleRadius;
  }

  protected finish(): void {
    if (this.context.editor.commit({ pixelsOnly: true })) this.context.onScribbles();
  }
}
