import { type Box, grown, intersection } from './box';
import type { Coverage } from './coverage';
import type { LabelMap } from './labelMap';
import type { Field } from './speckle';
import { SCRIBBLE } from './state';

/** Base cost of a step to the next pixel, to which the difference in grey value is added. */
const STEP = 1;
const PER_GRAY = 1.5;
const CORNER = Math.SQRT2;
/** The margin around the scribbles, as a fraction of their size; background is beyond it. */
const MARGIN = 0.6;
const LEAST_MARGIN_PX = 24;

/**
 * Growing from scribbles: each pixel is assigned to the nearest scribble, where changes of grey
 * value along a path over the picture add to its length (a shortest-path forest, like "Grow from
 * seeds" in 3D Slicer). The surroundings count as background.
 * @param scribbles values of `SCRIBBLE`
 * @returns null if no scribble marks a lesion
 */
export function grownFrom(field: Field, scribbles: LabelMap): Coverage | null {
  const said = extentOf(scribbles);
  if (!said?.lesion) return null;
  const margin = Math.max(LEAST_MARGIN_PX, MARGIN * Math.max(said.box.width, said.box.height));
  const box = intersection(grown(said.box, Math.round(margin)), scribbles.box);
  if (!box) return null;
  return { box, inside: nearer(field, scribbles, box) };
}

function extentOf({ data, width, height }: LabelMap) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  let lesion = false;
  for (let i = 0; i < data.length; i += 1) {
    const kind = data[i];
    if (kind === SCRIBBLE.unknown) continue;
    if (kind === SCRIBBLE.lesion) lesion = true;
    const x = i % width;
    const y = (i - x) / width;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  if (right < 0) return null;
  return { box: { left, top, width: right - left + 1, height: bottom - top + 1 }, lesion };
}

function nearer(field: Field, scribbles: LabelMap, box: Box): Uint8Array {
  const { width, height } = box;
  // With the precision of the heap's keys: otherwise valid items could be skipped as outdated.
  const far = new Float64Array(width * height).fill(Infinity);
  const owner = new Uint8Array(width * height);
  const queue = new Heap();
  const at = (x: number, y: number) => (box.top + y) * field.width + box.left + x;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      // Pixels far from all scribbles are background; the edge of the frame says nothing.
      const rim =
        (x === 0 && box.left > 0) ||
        (y === 0 && box.top > 0) ||
        (x === width - 1 && box.left + width < field.width) ||
        (y === height - 1 && box.top + height < field.height);
      const kind = scribbles.data[at(x, y)] || (rim ? SCRIBBLE['not-lesion'] : 0);
      if (kind === 0) continue;
      const i = y * width + x;
      far[i] = 0;
      owner[i] = kind;
      queue.push(i, 0);
    }
  }
  for (let i = queue.pop(); i >= 0; i = queue.pop()) {
    const own = far[i] as number;
    if (queue.popped > own) continue;
    const x = i % width;
    const y = (i - x) / width;
    const gray = field.gray[at(x, y)] as number;
    for (let dy = -1; dy <= 1; dy += 1) {
      for (let dx = -1; dx <= 1; dx += 1) {
        const [nx, ny] = [x + dx, y + dy];
        if ((dx === 0 && dy === 0) || nx < 0 || ny < 0 || nx >= width || ny >= height) continue;
        const to = i + dy * width + dx;
        const differs = Math.abs((field.gray[at(nx, ny)] as number) - gray);
        const way = own + (STEP + PER_GRAY * differs) * (dx !== 0 && dy !== 0 ? CORNER : 1);
        if (way >= (far[to] as number)) continue;
        far[to] = way;
        owner[to] = owner[i] as number;
        queue.push(to, way);
      }
    }
  }
  return owner.map((kind) => Number(kind === SCRIBBLE.lesion));
}

/** A binary heap of pixels by distance; a pixel may be in it more than once. */
class Heap {
  private readonly items: number[] = [];
  private readonly keys: number[] = [];
  /** Distance of the last popped pixel. */
  popped = 0;

  push(item: number, key: number): void {
    let at = this.items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.keys[parent] as number) <= key) break;
      this.items[at] = this.items[parent] as number;
      this.keys[at] = this.keys[parent] as number;
      at = parent;
    }
    this.items[at] = item;
    this.keys[at] = key;
  }

  /** The nearest pixel; −1 if there is none. */
  pop(): number {
    const first = this.items[0];
    if (first === undefined) return -1;
    this.popped = this.keys[0] as number;
    const item = this.items.pop() as number;
    const key = this.keys.pop() as number;
    const { length } = this.items;
    if (length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && (this.keys[child + 1] as number) < (this.keys[child] as number)) {
        child += 1;
      }
      if ((this.keys[child] as number) >= key) break;
      this.items[at] = this.items[child] as number;
      this.keys[at] = this.keys[child] as number;
      at = child;
    }
    this.items[at] = item;
    this.keys[at] = key;
    return first;
  }
}
