import type { Area, View } from '../../viewer/geometry';
import type { Layer } from '../../viewer/layers';
import type { ViewerState } from '../../viewer/state';
import type { LabelMap } from '../labelMap';
import { edges, fillPixels, pixelsIn, strokeEdges } from './pixelGrid';

/** One stored mask in one colour, e.g. a reader's in a comparison of readers. */
export class MaskLayer implements Layer {
  private readonly colours: readonly (string | undefined)[];

  constructor(
    private readonly map: LabelMap,
    private readonly colour: string,
  ) {
    this.colours = Array.from({ length: 256 }, (_, label) => (label === 0 ? undefined : colour));
  }

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState, area: Area): void {
    const { map, colour, colours } = this;
    const { shown, fill, contour, opacity } = state.overlay;
    const box = pixelsIn(view, area, map, Math.ceil(4 / view.scale) + 1);
    if (!shown || !box) return;
    if (fill) {
      context.globalAlpha = opacity;
      fillPixels(context, view, box, map.width, (index) => map.data[index] as number, colours);
      context.globalAlpha = 1;
    }
    if (!contour) return;
    const width = Math.max(1, Math.round(1.5 * state.ratio));
    for (const pieces of edges(view, box, map, null).values()) {
      // A dark rim keeps the line readable on bright tissue.
      strokeEdges(context, pieces, width + 2 * Math.round(state.ratio), 'rgb(0 0 0 / 55%)');
      strokeEdges(context, pieces, width, colour);
    }
  }
}
