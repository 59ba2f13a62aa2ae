import { t } from '@lingui/core/macro';
import type { View } from '../../viewer/geometry';
import type { ViewerState } from '../../viewer/state';
import { setLesionPixels } from '../commands';
import type { Coverage } from '../coverage';
import { LabelMap } from '../labelMap';
import { drawCoverage } from '../layers/coverageOutline';
import { grownFrom } from '../seeds';
import { fieldOf } from '../speckle';
import { SCRIBBLE } from '../state';
import { ScribbleTool } from './brush';
import type { EditorToolContext } from './context';

/**
 * Scribbles on the lesion and on the background. The region grown from them is shown after every
 * stroke and becomes an outline, in one step, when it is accepted.
 */
export class SeedsTool extends ScribbleTool {
  readonly followsPixels = true;
  private grown: { scribbled: number; kind: number; region: Coverage | null } | null = null;

  constructor(context: EditorToolContext) {
    super(context);
    const { editor } = context;
    editor.setOptions({ scribble: 'lesion' });
  }

  /** Enter: accepts the grown region. */
  close(): boolean {
    const { editor } = this.context;
    const region = this.region();
    if (!region) {
      if (editor.state.get().scribbled > 0) {
        editor.notice(t`Scribble on the lesion first: there is nothing to grow from.`);
      }
      return false;
    }
    const { width, height } = editor.map;
    const mask = new LabelMap(width, height);
    region.inside.forEach((value, i) => {
      const x = region.box.left + (i % region.box.width);
      const y = region.box.top + Math.floor(i / region.box.width);
      mask.data[y * width + x] = value;
    });
    setLesionPixels(editor, this.target(), mask, t`Grow from scribbles`, { clearScribbles: true });
    return true;
  }

  /** The lesion that was scribbled on, or the one still to be drawn; null for a new one. */
  private target(): number | null {
    const { editor } = this.context;
    const { lesions, selected } = editor.state.get();
    const { data, width } = editor.scribbles;
    const counts = new Map<number, number>();
    data.forEach((kind, i) => {
      if (kind !== SCRIBBLE.lesion) return;
      const label = editor.lesionAt(i % width, Math.floor(i / width));
      if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
    });
    if (selected !== null && counts.has(selected)) return selected;
    const most = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
    if (most !== undefined) return most;
    return lesions.find((one) => one.label === selected && one.area === 0)?.label ?? null;
  }

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    if (this.context.editor.state.get().stroking) return;
    const region = this.region();
    if (region) drawCoverage(context, view, state.ratio, region);
  }

  protected override finish(): void {
    this.context.editor.commit({ pixelsOnly: true });
    this.context.redraw();
  }

  private region(): Coverage | null {
    const { editor } = this.context;
    const { scribbled } = editor.state.get();
    if (scribbled === 0) return null;
    const kind = editor.scribbles.data.reduce(
      (sum, value, i) => (sum * 31 + value * (i + 1)) | 0,
      7,
    );
    if (this.grown?.scribbled !== scribbled || this.grown.kind !== kind) {
      const region = grownFrom(fieldOf(editor.frame), editor.scribbles);
      this.grown = { scribbled, kind, region };
    }
    return this.grown.region;
  }
}
