import { type Box, boxAround, grown, intersection } from './box';
import type { Coverage } from './coverage';
import { LabelMap, MAX_LABEL } from './labelMap';

/** One connected set of pixels. */
export interface Component {
  /** 1-based, in the order of a scan along the rows. */
  number: number;
  area: number;
  box: Box;
  /** Index of the component's first pixel. */
  first: number;
}

/** Component number per pixel (0 for none), and the properties of each component. */
export interface Components {
  numbers: Int32Array;
  found: Component[];
}

/**
 * Connected sets of pixels that have the same non-zero key.
 * @param keyOf key of a pixel index; pixels join when their keys are equal
 * @param diagonal true also joins at corners (8-connected), false only along edges
 */
export function components(
  width: number,
  height: number,
  keyOf: (index: number) => number,
  diagonal: boolean,
): Components {
  const numbers = new Int32Array(width * height);
  const found: Component[] = [];
  const stack: number[] = [];
  const reach = diagonal ? [-1, 0, 1] : [0];
  for (let start = 0; start < numbers.length; start += 1) {
    const key = keyOf(start);
    if (key === 0 || numbers[start] !== 0) continue;
    const number = found.length + 1;
    let area = 0;
    let [left, right, bottom] = [width, -1, -1];
    const top = Math.floor(start / width);
    numbers[start] = number;
    stack.push(start);
    const visit = (index: number) => {
      if (numbers[index] !== 0 || keyOf(index) !== key) return;
      numbers[index] = number;
      stack.push(index);
    };
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      const y = Math.floor(index / width);
      const x = index - y * width;
      area += 1;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y > bottom) bottom = y;
      if (x > 0) visit(index - 1);
      if (x < width - 1) visit(index + 1);
      for (const side of reach) {
        if (x + side < 0 || x + side >= width) continue;
        if (y > 0) visit(index - width + side);
        if (y < height - 1) visit(index + width + side);
      }
    }
    found.push({ number, area, box: boxAround(left, top, right + 1, bottom + 1), first: start });
  }
  return { numbers, found };
}

/** The fields of an `ImageData` that `fromMask` reads. */
export type MaskPixels = Pick<ImageData, 'width' | 'height' | 'data'>;

/**
 * The lesions of a binary mask: its 8-connected components, numbered as in the pipeline
 * (worker/pipeline/lesions.py): largest first; of equal ones, the upper one, then the left one. If
 * there are more than 254, the smallest share the last number, so that no pixel is lost.
 * @param mask RGBA; inside if red is at least 128
 */
export function fromMask(mask: MaskPixels): LabelMap {
  const { width, height, data } = mask;
  const keyOf = (index: number) => Number((data[index * 4] as number) >= 128);
  const { numbers, found } = components(width, height, keyOf, true);
  const order = [...found].sort(
    (a, b) =>
      b.area - a.area ||
      a.box.top - b.box.top ||
      a.box.left - b.box.left ||
      a.box.height - b.box.height ||
      a.box.width - b.box.width,
  );
  const labels = new Uint8Array(found.length + 1);
  order.forEach((component, index) => {
    labels[component.number] = Math.min(index + 1, MAX_LABEL);
  });
  return new LabelMap(
    width,
    height,
    Uint8Array.from(numbers, (number) => labels[number] ?? 0),
  );
}

/** A box with a margin, limited to the map. */
export function surroundings(map: LabelMap, box: Box, margin: number): Box {
  return intersection(grown(box, margin), map.box) ?? map.box;
}

/** One component as a set of pixels of the map from which the window was cut. */
export function coverageOf(
  { numbers }: Components,
  area: Box,
  chosen: (number: number) => boolean,
): Coverage {
  const inside = new Uint8Array(area.width * area.height);
  for (let i = 0; i < inside.length; i += 1) {
    const number = numbers[i] as number;
    if (number !== 0 && chosen(number)) inside[i] = 1;
  }
  return { box: area, inside };
}
