// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EditorCanvas } from '../testing/editorCanvas';
import { blank, countOf, editorOf, mapOf } from '../testing/maps';
import { AS_TAKEN, type TurnStep, turnedBy, turnTo } from '../viewer/turn';
import type { Editor } from './editor';
import { halvesOf } from './layers/curtain';
import { topOf } from './layers/tops';

let editor: Editor;
let canvas: EditorCanvas;

/** A square image, so that the test canvas fits it however it is turned. */
beforeEach(() => {
  editor = editorOf(blank(60, 60), { options: { radius: 1 } });
  canvas = new EditorCanvas(editor);
});

afterEach(() => canvas.remove());

function turn(...steps: TurnStep[]): void {
  turnTo(canvas.store, steps.reduce(turnedBy, AS_TAKEN));
}

describe('on a turned picture', () => {
  it.each<[TurnStep[], number, number]>([
    [[], 10, 20],
    [['across'], 49, 20],
    [['down'], 10, 39],
    [['right'], 20, 49],
    [['left'], 39, 10],
    [['right', 'across'], 20, 10],
    [['right', 'right'], 49, 39],
  ])('after %o a stroke lands under the pointer', (steps, x, y) => {
    turn(...steps);
    canvas.click(10.5, 20.5);
    expect(countOf(editor.map, 1)).toBeGreaterThan(0);
    expect(editor.map.at(x, y)).toBe(1);
  });

  it('arrows move the crosshair in the directions seen on screen', () => {
    turn('right');
    canvas.run('crosshair-right');
    const before = canvas.crosshairAt;
    canvas.run('crosshair-right');
    expect(canvas.crosshairAt).toEqual({ x: before?.x, y: (before?.y ?? 0) - 1 });
    turn('across');
    canvas.run('crosshair-left');
    expect(canvas.crosshairAt).toEqual({ x: (before?.x ?? 0) + 1, y: (before?.y ?? 0) - 1 });
  });

  it('the number of a lesion is at its upper end as seen', () => {
    const map = mapOf('.....', '..1..', '.111.', '..11.', '.....');
    const box = { left: 1, top: 1, width: 3, height: 3 };
    expect(topOf(map, 1, box, { x: 0, y: -1 })).toEqual({ x: 2.5, y: 1 });
    expect(topOf(map, 1, box, { x: 0, y: 1 })).toEqual({ x: 2.5, y: 4 });
    expect(topOf(map, 1, box, { x: -1, y: 0 })).toEqual({ x: 1, y: 2.5 });
    expect(topOf(map, 1, box, { x: 1, y: 0 })).toEqual({ x: 4, y: 2.5 });
  });

  it('the curtain separates left from right as seen', () => {
    const state = { turn: turnedBy(AS_TAKEN, 'right'), canvas: { width: 80, height: 100 } };
    const { left, right, line } = halvesOf({ x: 0, y: 0, width: 80, height: 100 }, state, 0.25);
    // Left on the canvas is the lower part of the picture.
    expect(left).toEqual({ x: 0, y: 75, width: 80, height: 25 });
    expect(right).toEqual({ x: 0, y: 0, width: 80, height: 75 });
    expect(line).toEqual([
      { x: 0, y: 75 },
      { x: 80, y: 75 },
    ]);
  });
});
