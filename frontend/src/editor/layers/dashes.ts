import type { Point, View } from '../../viewer/geometry';
import { toCanvas } from '../../viewer/geometry';
import type { Box } from '../box';
import type { LabelMap } from '../labelMap';
import { boundaries } from '../rings';
import { edgeX, edgeY } from './pixelGrid';

/** Length of a dash, and of the gap after it, in CSS pixels. */
const DASH = 7;
const FEWEST = 6;

/** The closed lines around a lesion, in image coordinates. */
export interface Outline {
  /** Corners along the edges of pixels. */
  readonly exact: readonly (readonly Point[])[];
  /** Midpoints of pixel edges, which cut the corners of the steps. */
  readonly smooth: readonly (readonly Point[])[];
}

/** @param box contains all pixels of the lesion */
export function outlineOf(map: LabelMap, label: number, box: Box): Outline {
  const exact = boundaries(map, label, box);
  return { exact, smooth: exact.map(middles) };
}

/** Strokes a lesion's outline with dashes that follow its length, so that none run together. */
export function strokeDashed(
  context: CanvasRenderingContext2D,
  view: View,
  ratio: number,
  outline: Outline,
  { smooth, width, colour }: { smooth: boolean; width: number; colour: string },
): void {
  const place = smooth
    ? (point: Point) => toCanvas(view, point)
    : ({ x, y }: Point) => ({ x: edgeX(view, x), y: edgeY(view, y) });
  context.save();
  context.lineCap = 'butt';
  context.lineJoin = 'round';
  context.lineWidth = width;
  context.strokeStyle = colour;
  for (const ring of smooth ? outline.smooth : outline.exact) {
    const points = ring.map(place);
    const dash = dashOf(points, ratio);
    context.setLineDash([dash, dash]);
    context.beginPath();
    for (const { x, y } of points) context.lineTo(x, y);
    context.closePath();
    context.stroke();
  }
  context.restore();
}

/** Length of the dashes, in the unit of the points: gaps have the same number and length. */
export function dashOf(points: readonly Point[], ratio: number): number {
  const length = points.reduce((sum, { x, y }, index) => {
    const before = points.at(index - 1) as Point;
    return sum + Math.hypot(x - before.x, y - before.y);
  }, 0);
  return length / (2 * Math.max(FEWEST, Math.round(length / (2 * DASH * ratio))));
}

function middles(corners: readonly Point[]): Point[] {
  return corners.flatMap((from, index) => {
    const to = corners[(index + 1) % corners.length] as Point;
    const steps = Math.abs(to.x - from.x) + Math.abs(to.y - from.y);
    const [dx, dy] = [Math.sign(to.x - from.x), Math.sign(to.y - from.y)];
    return Array.from({ length: steps }, (_, step) => ({
      x: from.x + dx * (step + 0.5),
      y: from.y + dy * (step + 0.5),
    }));
  });
}
