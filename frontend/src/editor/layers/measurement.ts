import { fixed } from '../../language/language';
import { toCanvas, type View } from '../../viewer/geometry';
import { angleOf, areaOfAxes, areaText, volumeOfAxes, volumeText } from '../measure';
import type { Measurement } from '../state';
import { drawLine, drawText, strokeBoth } from './strokes';

const ARC_CSS_PX = 22;

/** A measurement with its figures beside it. */
export function drawMeasurement(
  context: CanvasRenderingContext2D,
  view: View,
  ratio: number,
  { kind, lines }: Measurement,
): void {
  for (const line of lines) drawLine(context, view, ratio, line, kind === 'angle' ? '' : undefined);
  const [first, second] = lines;
  if (!first || !second) return;
  const low = lines
    .flatMap(({ start, end }) => [toCanvas(view, start), toCanvas(view, end)])
    .reduce((a, b) => (b.y > a.y ? b : a));
  const below = { x: low.x + 9 * ratio, y: low.y + 16 * ratio };
  if (kind === 'ellipse') {
    const from = toCanvas(view, first.start);
    const to = toCanvas(view, first.end);
    const short = Math.hypot(
      (second.end.x - second.start.x) * view.scale,
      (second.end.y - second.start.y) * view.scale,
    );
    context.beginPath();
    context.ellipse(
      (from.x + to.x) / 2,
      (from.y + to.y) / 2,
      Math.hypot(to.x - from.x, to.y - from.y) / 2,
      short / 2,
      Math.atan2(to.y - from.y, to.x - from.x),
      0,
      2 * Math.PI,
    );
    strokeBoth(context, ratio);
    drawText(context, ratio, areaText(areaOfAxes(lines)), below);
  } else if (kind === 'volume' && lines.length === 3) {
    drawText(context, ratio, volumeText(volumeOfAxes(lines)), below);
  } else if (kind === 'angle') {
    const corner = toCanvas(view, first.start);
    const turn = (line: typeof first) =>
      Math.atan2(line.end.y - line.start.y, line.end.x - line.start.x);
    const sweep = (turn(second) - turn(first) + 4 * Math.PI) % (2 * Math.PI);
    context.beginPath();
    context.arc(corner.x, corner.y, ARC_CSS_PX * ratio, turn(first), turn(second), sweep > Math.PI);
    strokeBoth(context, ratio);
    const text = `${fixed(angleOf(first, second), 0)}°`;
    drawText(context, ratio, text, { x: corner.x + 9 * ratio, y: corner.y - 14 * ratio });
  }
}
