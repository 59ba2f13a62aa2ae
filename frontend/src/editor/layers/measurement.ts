import { fixed } from '../../language/language';
import { toCanvas, type View } from '../../viewer/geometry';
import { shownAt } from '../../viewer/turn';
import { ellipseOf, type Grey, greyText } from '../grey';
import { angleOf, areaOfAxes, areaText, volumeOfAxes, volumeText } from '../measure';
import type { Measurement } from '../state';
import { drawLine, drawText, strokeBoth } from './strokes';

const ARC_CSS_PX = 22;
/** Vertical positions of figures relative to those of the lines, CSS px downwards. */
const [BELOW, ABOVE, LINE] = [16, -14, 15];

/** A measurement with its figures next to it. */
export function drawMeasurement(
  context: CanvasRenderingContext2D,
  view: View,
  ratio: number,
  { kind, lines }: Measurement,
  grey: Grey | null = null,
): void {
  for (const line of lines) drawLine(context, view, ratio, line, kind === 'angle' ? '' : undefined);
  const [first, second] = lines;
  if (!first || !second) return;
  const low = lines
    .flatMap(({ start, end }) => [toCanvas(view, start), toCanvas(view, end)])
    .reduce((a, b) => (shownAt(context, b).y > shownAt(context, a).y ? b : a));
  const ellipse = kind === 'ellipse' ? ellipseOf({ lines }) : null;
  if (ellipse) {
    const middle = toCanvas(view, ellipse.centre);
    const { along, across } = ellipse;
    context.save();
    context.transform(along.x, along.y, across.x, across.y, middle.x, middle.y);
    context.beginPath();
    context.arc(0, 0, view.scale, 0, 2 * Math.PI);
    context.restore();
    strokeBoth(context, ratio);
    drawText(context, ratio, areaText(areaOfAxes(lines)), low, BELOW);
    if (grey) drawText(context, ratio, greyText(grey), low, BELOW + LINE);
  } else if (kind === 'volume' && lines.length === 3) {
    drawText(context, ratio, volumeText(volumeOfAxes(lines)), low, BELOW);
  } else if (kind === 'angle') {
    const corner = toCanvas(view, first.start);
    const turn = (line: typeof first) =>
      Math.atan2(line.end.y - line.start.y, line.end.x - line.start.x);
    const sweep = (turn(second) - turn(first) + 4 * Math.PI) % (2 * Math.PI);
    context.beginPath();
    context.arc(corner.x, corner.y, ARC_CSS_PX * ratio, turn(first), turn(second), sweep > Math.PI);
    strokeBoth(context, ratio);
    const text = `${fixed(angleOf(first, second), 0)}°`;
    drawText(context, ratio, text, corner, ABOVE);
  }
}
