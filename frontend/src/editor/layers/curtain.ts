import type { Area, Point } from '../../viewer/geometry';
import type { ViewerState } from '../../viewer/state';
import { areaOnBoard, areaOnCanvas, onCanvas, turnedSize } from '../../viewer/turn';

export interface Halves {
  left: Area;
  right: Area;
  /** Between them, from one edge of the picture to the other. */
  line: readonly [Point, Point];
}

/**
 * The two sides of a curtain as seen, on the canvas.
 * @param picture the area of the picture on the canvas
 * @param split the curtain's position, as a fraction of the picture's width as seen
 */
export function halvesOf(
  picture: Area,
  state: Pick<ViewerState, 'turn' | 'canvas'>,
  split: number,
): Halves {
  const { x, y, width, height } = areaOnBoard(state, picture);
  const board = turnedSize(state.turn, state.canvas);
  const middle = Math.round(x + width * split);
  const within = Math.max(0, Math.min(board.width, middle));
  const half = (from: number, to: number) =>
    areaOnCanvas(state, { x: from, y: 0, width: to - from, height: board.height });
  return {
    left: half(0, within),
    right: half(within, board.width),
    line: [onCanvas(state, { x: middle, y }), onCanvas(state, { x: middle, y: y + height })],
  };
}

/** The overlap of two areas; null if there is none. */
export function shared(a: Area, b: Area): Area | null {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}
