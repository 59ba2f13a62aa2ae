import { toCanvas, type View } from './geometry';
import type { Layer } from './layers';
import type { ViewerState } from './state';

/** A row of equally spaced marks, in px of the frame. */
export interface ScaleMarks {
  /** The first mark, (x, y). */
  start: readonly number[];
  /** The last mark. */
  end: readonly number[];
  marks: number;
}

const COLOUR = '#ffd43b';
const LENGTH = 14;

/** The position of each mark of a scale, (x, y) px of the frame. */
export function placesOf({ start, end, marks }: ScaleMarks): { x: number; y: number }[] {
  const [x = 0, y = 0] = start;
  const [toX = x, toY = y] = end;
  return Array.from({ length: marks }, (_, number) => {
    const share = marks > 1 ? number / (marks - 1) : 0;
    return { x: x + (toX - x) * share, y: y + (toY - y) * share };
  });
}

/** The marks of a printed scale, drawn where they were detected. */
export class ScaleLayer implements Layer {
  constructor(private readonly scale: ScaleMarks) {}

  draw(context: CanvasRenderingContext2D, view: View, { ratio }: ViewerState): void {
    // The centre of a pixel, in frame coordinates.
    const places = placesOf(this.scale).map(({ x, y }) =>
      toCanvas(view, { x: x + 0.5, y: y + 0.5 }),
    );
    const [first, last] = [places[0], places.at(-1)];
    if (!first || !last) return;
    const along = Math.hypot(last.x - first.x, last.y - first.y) || 1;
    const half = (LENGTH * ratio) / 2;
    const across = {
      x: ((last.y - first.y) / along) * half,
      y: ((first.x - last.x) / along) * half,
    };
    context.beginPath();
    context.moveTo(first.x, first.y);
    context.lineTo(last.x, last.y);
    for (const { x, y } of places) {
      context.moveTo(x - across.x, y - across.y);
      context.lineTo(x + across.x, y + across.y);
    }
    context.lineWidth = 4 * ratio;
    context.strokeStyle = 'rgb(0 0 0 / 65%)';
    context.stroke();
    context.lineWidth = 1.75 * ratio;
    context.strokeStyle = COLOUR;
    context.stroke();
  }
}
