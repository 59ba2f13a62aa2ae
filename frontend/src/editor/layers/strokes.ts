import { type Point, toCanvas, type View } from '../../viewer/geometry';
import { readably, shownAt } from '../../viewer/turn';
import { lengthText } from '../measure';
import type { Line } from '../state';

const LINE = '#ffffff';
const IN_HAND = '#ff5ad9';
const RIM = 'rgb(0 0 0 / 65%)';
/** CSS pixels between a point and its text. */
const BESIDE = 9;

/** Strokes the current path light on dark, so that it is visible on any tissue. */
export function strokeBoth(context: CanvasRenderingContext2D, ratio: number, width = 1.25): void {
  context.strokeStyle = RIM;
  context.lineWidth = (width + 2) * ratio;
  context.stroke();
  context.strokeStyle = LINE;
  context.lineWidth = width * ratio;
  context.stroke();
}

/** A line through image points. */
export function drawPath(
  context: CanvasRenderingContext2D,
  view: View,
  ratio: number,
  points: readonly Point[],
  options: { closed?: boolean } = {},
): void {
  if (points.length === 0) return;
  context.beginPath();
  points.forEach((point, index) => {
    const at = toCanvas(view, point);
    if (index === 0) context.moveTo(at.x, at.y);
    else context.lineTo(at.x, at.y);
  });
  if (options.closed) context.closePath();
  context.lineJoin = 'round';
  strokeBoth(context, ratio);
}

/** Handles at device points; the first one, which closes a polygon, is larger. */
export function drawPoints(
  context: CanvasRenderingContext2D,
  points: readonly Point[],
  ratio: number,
): void {
  points.forEach((point, index) => {
    context.beginPath();
    context.arc(point.x, point.y, (index === 0 ? 4.5 : 3) * ratio, 0, 2 * Math.PI);
    context.fillStyle = LINE;
    context.fill();
    strokeBoth(context, ratio, 0.75);
  });
}

/** Points of an outline at device points; the held one is filled with the accent colour. */
export function drawHandles(
  context: CanvasRenderingContext2D,
  points: readonly Point[],
  ratio: number,
  inHand: number,
): void {
  points.forEach(({ x, y }, index) => {
    const half = (index === inHand ? 5 : 3.5) * ratio;
    context.beginPath();
    context.rect(x - half, y - half, 2 * half, 2 * half);
    context.fillStyle = index === inHand ? IN_HAND : LINE;
    context.fill();
    context.strokeStyle = RIM;
    context.lineWidth = 1.25 * ratio;
    context.stroke();
  });
}

/** A measured line with ticks at its ends and its length next to it. */
export function drawLine(
  context: CanvasRenderingContext2D,
  view: View,
  ratio: number,
  line: Line,
  text = lengthText(line),
): void {
  const from = toCanvas(view, line.start);
  const to = toCanvas(view, line.end);
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length === 0) return;
  const tick = 5 * ratio;
  const across = {
    x: (-(to.y - from.y) / length) * tick,
    y: ((to.x - from.x) / length) * tick,
  };
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  for (const end of [from, to]) {
    context.moveTo(end.x - across.x, end.y - across.y);
    context.lineTo(end.x + across.x, end.y + across.y);
  }
  strokeBoth(context, ratio);
  const right = shownAt(context, to).x >= shownAt(context, from).x ? to : from;
  if (text) drawText(context, ratio, text, right);
}

/** Text to the right of a point as seen, and the given CSS pixels below it. */
export function drawText(
  context: CanvasRenderingContext2D,
  ratio: number,
  text: string,
  at: Point,
  below = 0,
): void {
  context.font = `500 ${12 * ratio}px system-ui, sans-serif`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.strokeStyle = RIM;
  context.lineWidth = 4 * ratio;
  context.fillStyle = LINE;
  readably(context, at, () => {
    context.strokeText(text, BESIDE * ratio, below * ratio);
    context.fillText(text, BESIDE * ratio, below * ratio);
  });
}
