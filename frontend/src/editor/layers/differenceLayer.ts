import type { Area, View } from '../../viewer/geometry';
import type { Layer } from '../../viewer/layers';
import type { ViewerState } from '../../viewer/state';
import type { LabelMap } from '../labelMap';
import { edges, fillPixels, pixelsIn, strokeEdges } from './pixelGrid';

/** Only in A, only in B, in both; distinguishable for colour-blind people too. */
export const DIFFERENCE_COLOURS = { a: '#ff9f43', b: '#4aa8ff', both: '#d9dde3' } as const;

const BY_CLASS = [undefined, DIFFERENCE_COLOURS.a, DIFFERENCE_COLOURS.b, DIFFERENCE_COLOURS.both];

/** Two masks of one frame overlaid: where they agree and where only one of them has pixels. */
export class DifferenceLayer implements Layer {
  /** Outlined on top of the two, e.g. the part being decided; null for none. */
  marked: LabelMap | null = null;

  /** Both of the same size. */
  constructor(
    private readonly a: LabelMap,
    private readonly b: LabelMap | (() => LabelMap),
  ) {}

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState, area: Area): void {
    const box = pixelsIn(view, area, this.a, Math.ceil(4 / view.scale) + 1);
    if (!box) return;
    const { a, marked } = this;
    const b = typeof this.b === 'function' ? this.b() : this.b;
    const classOf = (index: number) =>
      (a.data[index] !== 0 ? 1 : 0) + (b.data[index] !== 0 ? 2 : 0);
    context.globalAlpha = Math.max(0.35, state.overlay.opacity);
    fillPixels(context, view, box, a.width, classOf, BY_CLASS);
    context.globalAlpha = 1;
    if (!marked) return;
    const width = Math.max(1, Math.round(2 * state.ratio));
    for (const pieces of edges(view, box, marked, null).values()) {
      strokeEdges(context, pieces, width + 2 * Math.round(state.ratio), 'rgb(0 0 0 / 60%)');
      strokeEdges(context, pieces, width, '#ffffff');
    }
  }
}
