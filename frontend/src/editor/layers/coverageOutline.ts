import type { View } from '../../viewer/geometry';
import type { Coverage } from '../coverage';
import { LabelMap } from '../labelMap';
import { edges, strokeEdges } from './pixelGrid';

const PREVIEW = '#ff5ad9';

/** The boundary of pixels that are not accepted yet, along their edges. */
export function drawCoverage(
  context: CanvasRenderingContext2D,
  view: View,
  ratio: number,
  { box, inside }: Coverage,
): void {
  if (box.width < 1 || box.height < 1) return;
  const map = new LabelMap(box.width, box.height, inside);
  const at = {
    scale: view.scale,
    x: view.x + box.left * view.scale,
    y: view.y + box.top * view.scale,
  };
  const width = Math.max(1, Math.round(1.5 * ratio));
  for (const pieces of edges(at, map.box, map, null).values()) {
    strokeEdges(context, pieces, width + 2 * Math.round(ratio), 'rgb(0 0 0 / 65%)');
    strokeEdges(context, pieces, width, PREVIEW);
  }
}
