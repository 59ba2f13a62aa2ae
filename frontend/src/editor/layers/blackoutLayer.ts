import { toCanvas, type View } from '../../viewer/geometry';
import type { Layer } from '../../viewer/layers';
import type { ViewerState } from '../../viewer/state';
import { type Area, type Blackout, cornersOf } from '../blackout';

const RIM = '#ff5a5a';

/** Black boxes as they will look, with a red rim until they are applied. */
export class BlackoutLayer implements Layer {
  constructor(private readonly blackout: Blackout) {}

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    for (const area of this.blackout.state.get().areas) drawArea(context, view, state.ratio, area);
  }
}

function drawArea(context: CanvasRenderingContext2D, view: View, ratio: number, area: Area): void {
  context.beginPath();
  for (const corner of cornersOf(area)) {
    const { x, y } = toCanvas(view, corner);
    context.lineTo(x, y);
  }
  context.closePath();
  context.fillStyle = '#000';
  context.fill();
  context.strokeStyle = RIM;
  context.lineWidth = 1.5 * ratio;
  context.setLineDash([5 * ratio, 3 * ratio]);
  context.stroke();
  context.setLineDash([]);
}
