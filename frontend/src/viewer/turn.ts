import { type Area, clamped, fitView, type Point, resized, type Size } from './geometry';
import type { ViewerState } from './state';
import type { Store } from './store';

// Turns a picture on screen only. The whole viewer works on a canvas that is not turned. Only the
// last step, from that canvas to the board in the page, and the first one, from a pointer on the
// board to the canvas, take the turn into account. Nothing that is stored changes.

/** First mirrored left to right, then turned clockwise by the given quarters. */
export interface Turn {
  quarters: 0 | 1 | 2 | 3;
  mirrored: boolean;
}

export type TurnStep = 'right' | 'left' | 'across' | 'down';

export const AS_TAKEN: Turn = { quarters: 0, mirrored: false };

const quarter = (number: number) => ((number + 8) % 4) as Turn['quarters'];

/** Adds one step as seen on the board: a quarter turn, or a flip across or upside down. */
export function turnedBy({ quarters, mirrored }: Turn, step: TurnStep): Turn {
  if (step === 'right') return { quarters: quarter(quarters + 1), mirrored };
  if (step === 'left') return { quarters: quarter(quarters - 1), mirrored };
  // A flip after a turn equals a flip before the opposite turn.
  const flipped = step === 'across' ? -quarters : 2 - quarters;
  return { quarters: quarter(flipped), mirrored: !mirrored };
}

export const isAsTaken = (turn: Turn): boolean => turn.quarters === 0 && !turn.mirrored;

/** The size after the turn, in either direction. */
export function turnedSize({ quarters }: Turn, { width, height }: Size): Size {
  return quarters % 2 === 0 ? { width, height } : { width: height, height: width };
}

const COSINES = [1, 0, -1, 0] as const;

/** A direction on the canvas, as seen on the board. */
export function directionOnBoard({ quarters, mirrored }: Turn, { x, y }: Point): Point {
  const [cos, sin] = [COSINES[quarters], COSINES[quarter(quarters - 1)] as number];
  const across = mirrored ? -x : x;
  return { x: cos * across - sin * y + 0, y: sin * across + cos * y + 0 };
}

/** A direction on the board, in canvas coordinates. */
export function directionOnCanvas({ quarters, mirrored }: Turn, { x, y }: Point): Point {
  const [cos, sin] = [COSINES[quarters], COSINES[quarter(quarters - 1)] as number];
  const across = cos * x + sin * y;
  return { x: (mirrored ? -across : across) + 0, y: cos * y - sin * x + 0 };
}

/** The position of the canvas's first corner on the board. */
function origin(turn: Turn, canvas: Size): Point {
  const far = directionOnBoard(turn, { x: canvas.width, y: canvas.height });
  return { x: Math.max(0, -far.x), y: Math.max(0, -far.y) };
}

/** a, b, c, d, e, f of the transform that draws the unturned canvas on the board. */
export function matrixOf(
  turn: Turn,
  canvas: Size,
): [number, number, number, number, number, number] {
  const right = directionOnBoard(turn, { x: 1, y: 0 });
  const down = directionOnBoard(turn, { x: 0, y: 1 });
  const { x, y } = origin(turn, canvas);
  return [right.x, right.y, down.x, down.y, x, y];
}

type Turned = Pick<ViewerState, 'turn' | 'canvas'>;

/** A point of the canvas in board coordinates; both in device pixels. */
export function onBoard({ turn, canvas }: Turned, point: Point): Point {
  const { x, y } = directionOnBoard(turn, point);
  const start = origin(turn, canvas);
  return { x: x + start.x, y: y + start.y };
}

/** A point of the board in canvas coordinates; both in device pixels. */
export function onCanvas({ turn, canvas }: Turned, { x, y }: Point): Point {
  const start = origin(turn, canvas);
  return directionOnCanvas(turn, { x: x - start.x, y: y - start.y });
}

/** An area of the canvas in board coordinates. */
export const areaOnBoard = (turned: Turned, area: Area): Area =>
  areaAround(area, (corner) => onBoard(turned, corner));

/** An area of the board in canvas coordinates. */
export const areaOnCanvas = (turned: Turned, area: Area): Area =>
  areaAround(area, (corner) => onCanvas(turned, corner));

function areaAround({ x, y, width, height }: Area, placed: (corner: Point) => Point): Area {
  const one = placed({ x, y });
  const other = placed({ x: x + width, y: y + height });
  return {
    x: Math.min(one.x, other.x),
    y: Math.min(one.y, other.y),
    width: Math.abs(one.x - other.x),
    height: Math.abs(one.y - other.y),
  };
}

/** Turns a view; the image point in the middle stays there, and a fitted image is fitted again. */
export function turnTo(store: Store<ViewerState>, turn: Turn): void {
  const { turn: before, canvas, image, view, fitted } = store.get();
  if (before.quarters === turn.quarters && before.mirrored === turn.mirrored) return;
  const next = turnedSize(turn, turnedSize(before, canvas));
  const shown = fitted ? null : resized(view, canvas, next);
  store.set({
    turn,
    canvas: next,
    ...(image ? { view: shown ? clamped(shown, image, next) : fitView(image, next) } : {}),
  });
}

/** The position on the board of a point of a drawing context, whatever its turn. */
export function shownAt(context: CanvasRenderingContext2D, { x, y }: Point): Point {
  const { a, b, c, d, e, f } = context.getTransform();
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

/**
 * Draws at a point of the canvas as if it were not turned, so that text is upright.
 * @param draw draws around (0, 0), with right and down as on the board; receives the board's point
 */
export function readably(
  context: CanvasRenderingContext2D,
  at: Point,
  draw: (shown: Point) => void,
): void {
  const { a, b, c, d } = context.getTransform();
  const shown = shownAt(context, at);
  context.save();
  context.translate(at.x, at.y);
  // Without scaling, the inverse of a turn or flip is its transpose.
  context.transform(a, c, b, d, 0, 0);
  draw(shown);
  context.restore();
}
