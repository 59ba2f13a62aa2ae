import { describe, expect, it } from 'vitest';
import { Camera } from './camera';
import { toCanvas, toImage } from './geometry';
import { INITIAL_STATE, type ViewerState } from './state';
import { Store } from './store';
import {
  AS_TAKEN,
  areaOnBoard,
  areaOnCanvas,
  directionOnBoard,
  directionOnCanvas,
  matrixOf,
  onBoard,
  onCanvas,
  type Turn,
  type TurnStep,
  turnedBy,
  turnedSize,
  turnTo,
} from './turn';

const ALL: Turn[] = ([0, 1, 2, 3] as const).flatMap((quarters) => [
  { quarters, mirrored: false },
  { quarters, mirrored: true },
]);
const BOARD = { width: 800, height: 500 };

function turnOf(...steps: TurnStep[]): Turn {
  return steps.reduce<Turn>(turnedBy, AS_TAKEN);
}

/** A state whose turned canvas fills the board. */
const stateOf = (turn: Turn) => ({ turn, canvas: turnedSize(turn, BOARD) });

describe('turning', () => {
  it('moves the corners as seen: right is clockwise, a flip applies to what is shown', () => {
    const { width, height } = BOARD;
    const seen = (...steps: TurnStep[]) => onBoard(stateOf(turnOf(...steps)), { x: 0, y: 0 });
    expect(seen()).toEqual({ x: 0, y: 0 });
    expect(seen('right')).toEqual({ x: width, y: 0 });
    expect(seen('left')).toEqual({ x: 0, y: height });
    expect(seen('across')).toEqual({ x: width, y: 0 });
    expect(seen('down')).toEqual({ x: 0, y: height });
    expect(seen('right', 'across')).toEqual({ x: 0, y: 0 });
    expect(seen('right', 'down')).toEqual({ x: width, y: height });
    expect(seen('across', 'right')).toEqual({ x: width, y: height });
  });

  it('returns to the start: four turns, two flips, and all three pairs that cancel', () => {
    expect(turnOf('right', 'right', 'right', 'right')).toEqual(AS_TAKEN);
    expect(turnOf('left', 'right')).toEqual(AS_TAKEN);
    expect(turnOf('across', 'across')).toEqual(AS_TAKEN);
    expect(turnOf('right', 'down', 'down', 'left')).toEqual(AS_TAKEN);
    expect(turnOf('across', 'down')).toEqual(turnOf('right', 'right'));
  });

  it.each(ALL)('maps every point there and back, as the matrix draws it: %o', (turn) => {
    const state = stateOf(turn);
    const [a, b, c, d, e, f] = matrixOf(turn, state.canvas);
    for (const point of [
      { x: 0, y: 0 },
      { x: 13, y: 7 },
      { x: 499.5, y: 250.25 },
    ]) {
      const shown = onBoard(state, point);
      expect(shown).toEqual({ x: a * point.x + c * point.y + e, y: b * point.x + d * point.y + f });
      expect(onCanvas(state, shown)).toEqual(point);
      expect(directionOnCanvas(turn, directionOnBoard(turn, point))).toEqual(point);
    }
    const whole = { x: 0, y: 0, ...state.canvas };
    expect(areaOnBoard(state, whole)).toEqual({ x: 0, y: 0, ...BOARD });
    const part = { x: 10, y: 20, width: 30, height: 40 };
    expect(areaOnCanvas(state, areaOnBoard(state, part))).toEqual(part);
  });
});

describe('a turned view', () => {
  function viewer(): { store: Store<ViewerState>; camera: Camera } {
    const store = new Store(INITIAL_STATE);
    const camera = new Camera(store);
    camera.setCanvas(BOARD, 1);
    camera.setImage({ width: 400, height: 400 });
    return { store, camera };
  }

  it('fits again, and stays fitted while the window changes', () => {
    const { store, camera } = viewer();
    camera.setImage({ width: 400, height: 200 });
    expect(store.get().view.scale).toBeCloseTo(2);
    turnTo(store, turnOf('right'));
    expect(store.get().view.scale).toBeCloseTo(500 / 400);
    camera.setCanvas({ width: 400, height: 800 }, 1);
    expect(store.get().view.scale).toBeCloseTo(2);
    expect(store.get().canvas).toEqual({ width: 800, height: 400 });
  });

  it('keeps the middle of the board in place if it is not fitted', () => {
    const { store, camera } = viewer();
    camera.zoom(6, { x: 300, y: 100 });
    const middle = { x: BOARD.width / 2, y: BOARD.height / 2 };
    const before = toImage(store.get().view, onCanvas(store.get(), middle));
    for (const step of ['right', 'across', 'down', 'left'] as const) {
      turnTo(store, turnedBy(store.get().turn, step));
      const now = toImage(store.get().view, onCanvas(store.get(), middle));
      expect(now.x).toBeCloseTo(before.x);
      expect(now.y).toBeCloseTo(before.y);
    }
    const place = onBoard(store.get(), toCanvas(store.get().view, before));
    expect(place.x).toBeCloseTo(middle.x);
  });
});
