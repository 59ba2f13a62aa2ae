import type { Point, View } from '../../../viewer/geometry';
import { toCanvas } from '../../../viewer/geometry';
import type { Layer } from '../../../viewer/layers';
import type { ViewerState } from '../../../viewer/state';

const LINE = '#ffffff';
const RIM = 'rgb(0 0 0 / 65%)';

/** Dotted outlines of possible lesions that are not part of the drawing. */
export class PossibleLayer implements Layer {
  constructor(private readonly contours: readonly (readonly Point[])[]) {}

  draw(context: CanvasRenderingContext2D, view: View, { overlay, ratio }: ViewerState): void {
    if (!overlay.shown) return;
    context.save();
    context.lineJoin = 'round';
    for (const contour of this.contours) {
      context.beginPath();
      contour.forEach((point, index) => {
        const at = toCanvas(view, point);
        if (index === 0) context.moveTo(at.x, at.y);
        else context.lineTo(at.x, at.y);
      });
      context.closePath();
      // Dashed outlines are part of the drawing; these are not.
      context.lineCap = 'round';
      context.setLineDash([0, 4.5 * ratio]);
      context.strokeStyle = RIM;
      context.lineWidth = 4 * ratio;
      context.stroke();
      context.strokeStyle = LINE;
      context.lineWidth = 2 * ratio;
      context.stroke();
    }
    context.restore();
  }
}
