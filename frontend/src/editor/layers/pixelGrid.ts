import type { Area, View } from '../../viewer/geometry';
import { type Box, boxAround, grown, intersection } from '../box';
import type { LabelMap } from '../labelMap';

// Image pixels on screen pixels. Every edge between two image pixels is rounded to one device
// pixel, for fills and contours alike, so both end at exactly the same position at every zoom and
// device pixel ratio, and nothing is blurred.

/** Device x of the left edge of a column. */
export function edgeX(view: View, column: number): number {
  return Math.round(column * view.scale + view.x);
}

/** Device y of the upper edge of a row. */
export function edgeY(view: View, row: number): number {
  return Math.round(row * view.scale + view.y);
}

/** The pixels of a map shown by an area of the canvas, with a margin of `margin` pixels. */
export function pixelsIn(view: View, area: Area, map: LabelMap, margin = 1): Box | null {
  const shown = boxAround(
    (area.x - view.x) / view.scale,
    (area.y - view.y) / view.scale,
    (area.x + area.width - view.x) / view.scale,
    (area.y + area.height - view.y) / view.scale,
  );
  return intersection(grown(shown, margin), map.box);
}

/** The area of the canvas that shows these pixels, with a margin of `margin` device pixels. */
export function areaOf(view: View, box: Box, margin: number): Area {
  const x = edgeX(view, box.left) - margin;
  const y = edgeY(view, box.top) - margin;
  return {
    x,
    y,
    width: edgeX(view, box.left + box.width) + margin - x,
    height: edgeY(view, box.top + box.height) + margin - y,
  };
}

/**
 * Fills pixels by class, in runs along the rows.
 * @param classOf class of a pixel index, 0 for nothing
 * @param colours by class; a class without colour is not drawn
 */
export function fillPixels(
  context: CanvasRenderingContext2D,
  view: View,
  box: Box,
  stride: number,
  classOf: (index: number) => number,
  colours: readonly (string | undefined)[],
): void {
  let painted = -1;
  const right = box.left + box.width;
  for (let row = box.top; row < box.top + box.height; row += 1) {
    const y = edgeY(view, row);
    const height = edgeY(view, row + 1) - y;
    if (height === 0) continue;
    let start = box.left;
    let current = classOf(row * stride + start);
    for (let x = start + 1; x <= right; x += 1) {
      const next = x < right ? classOf(row * stride + x) : -1;
      if (next === current) continue;
      const colour = colours[current];
      if (current !== 0 && colour) {
        if (painted !== current) context.fillStyle = colour;
        painted = current;
        const from = edgeX(view, start);
        context.fillRect(from, y, edgeX(view, x) - from, height);
      }
      start = x;
      current = next;
    }
  }
}

/** An edge of a lesion as a rectangle without width: device coordinates, x0 = x1 or y0 = y1. */
export interface Edge {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/**
 * The boundary of each label along pixel edges, as straight segments by label. An edge between two
 * lesions belongs to the `front` one, or else to the one with the lower number.
 */
export function edges(
  view: View,
  box: Box,
  map: LabelMap,
  front: number | null,
): Map<number, Edge[]> {
  const found = new Map<number, Edge[]>();
  const add = (label: number, edge: Edge) => {
    const list = found.get(label);
    if (list) list.push(edge);
    else found.set(label, [edge]);
  };
  const owner = (a: number, b: number) => {
    if (a === b) return 0;
    if (a === 0 || b === 0) return a + b;
    if (a === front || b === front) return front as number;
    return Math.min(a, b);
  };
  const right = box.left + box.width;
  const bottom = box.top + box.height;
  const { width, height, data } = map;
  const at = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : (data[y * width + x] as number);
  for (let y = box.top; y <= bottom; y += 1) {
    let start = box.left;
    let label = 0;
    for (let x = box.left; x <= right; x += 1) {
      const next = x < right ? owner(at(x, y - 1), at(x, y)) : 0;
      if (next === label) continue;
      if (label !== 0) {
        const line = edgeY(view, y);
        add(label, { x0: edgeX(view, start), y0: line, x1: edgeX(view, x), y1: line });
      }
      start = x;
      label = next;
    }
  }
  // Vertical segments are built row by row, in memory order: the open one of each column.
  const since = new Int32Array(box.width + 1);
  const open = new Uint8Array(box.width + 1);
  for (let y = box.top; y <= bottom; y += 1) {
    for (let x = box.left; x <= right; x += 1) {
      const column = x - box.left;
      const next = y < bottom ? owner(at(x - 1, y), at(x, y)) : 0;
      const label = open[column] as number;
      if (next === label) continue;
      if (label !== 0) {
        const line = edgeX(view, x);
        const from = edgeY(view, since[column] as number);
        add(label, { x0: line, y0: from, x1: line, y1: edgeY(view, y) });
      }
      open[column] = next;
      since[column] = y;
    }
  }
  return found;
}

/** Draws edges of constant width in device pixels, with filled corners and no double blending. */
export function strokeEdges(
  context: CanvasRenderingContext2D,
  pieces: readonly Edge[],
  width: number,
  colour: string,
): void {
  const before = Math.floor(width / 2);
  context.beginPath();
  for (const { x0, y0, x1, y1 } of pieces) {
    context.rect(x0 - before, y0 - before, x1 - x0 + width, y1 - y0 + width);
  }
  context.fillStyle = colour;
  context.fill();
}
