import { LabelMap } from '../../../editor';

/** A polygon as returned by the API: x and y of its border pixels. */
export type Contour = readonly (readonly [number, number])[];

/**
 * The pixels of an outline including its border, as a map of zeros and ones. This is the mask from
 * which the server traced the contour, except for holes.
 */
export function contourPixels(contour: Contour, width: number, height: number): LabelMap {
  const map = new LabelMap(width, height);
  const set = (x: number, y: number) => {
    if (x >= 0 && y >= 0 && x < width && y < height) map.data[y * width + x] = 1;
  };
  contour.forEach(([x, y], index) => {
    const [toX, toY] = contour[(index + 1) % contour.length] as readonly [number, number];
    const steps = Math.max(Math.abs(toX - x), Math.abs(toY - y), 1);
    for (let step = 0; step <= steps; step += 1) {
      set(Math.round(x + ((toX - x) * step) / steps), Math.round(y + ((toY - y) * step) / steps));
    }
  });
  for (let y = 0; y < height; y += 1) {
    const crossings = crossingsOf(contour, y);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const first = Math.ceil(crossings[i] as number);
      const last = Math.floor(crossings[i + 1] as number);
      for (let x = first; x <= last; x += 1) set(x, y);
    }
  }
  return map;
}

/** Where the closed polygon crosses the centre line of a row of pixels, from left to right. */
function crossingsOf(contour: Contour, y: number): number[] {
  const found: number[] = [];
  contour.forEach(([x, fromY], index) => {
    const [toX, toY] = contour[(index + 1) % contour.length] as readonly [number, number];
    if (fromY > y === toY > y) return;
    found.push(x + ((y - fromY) * (toX - x)) / (toY - fromY));
  });
  return found.sort((a, b) => a - b);
}
