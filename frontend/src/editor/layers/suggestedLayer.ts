import type { View } from '../../viewer/geometry';
import type { Layer } from '../../viewer/layers';
import type { ViewerState } from '../../viewer/state';
import type { LabelMap } from '../labelMap';
import { edges, strokeEdges } from './pixelGrid';

const RIM = 'rgb(0 0 0 / 60%)';
export const SUGGESTED_COLOUR = '#ff7ad9';

/** Outlines that a person may accept or reject, over the drawing and in a separate colour. */
export class SuggestedLayer implements Layer {
  constructor(private readonly maps: readonly LabelMap[]) {}

  draw(context: CanvasRenderingContext2D, view: View, { overlay, ratio }: ViewerState): void {
    if (!overlay.shown) return;
    for (const map of this.maps) {
      const whole = { left: 0, top: 0, width: map.width, height: map.height };
      for (const pieces of edges(view, whole, map, null).values()) {
        strokeEdges(context, pieces, Math.round(4 * ratio), RIM);
        strokeEdges(context, pieces, Math.round(2 * ratio), SUGGESTED_COLOUR);
      }
    }
  }
}
