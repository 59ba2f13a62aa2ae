import type { Box } from './box';
import { components, coverageOf, surroundings } from './components';
import type { Coverage } from './coverage';
import { squaredDistance } from './distance';
import type { LabelMap } from './labelMap';

// Shape operations on one lesion. Each returns a set of pixels to add or to remove and does not
// change the map. `box` is the lesion's bounding box.

function cut(map: LabelMap, area: Box, inside: (label: number) => boolean): Uint8Array {
  const out = new Uint8Array(area.width * area.height);
  for (let row = 0; row < area.height; row += 1) {
    const start = (area.top + row) * map.width + area.left;
    for (let column = 0; column < area.width; column += 1) {
      if (inside(map.data[start + column] as number)) out[row * area.width + column] = 1;
    }
  }
  return out;
}

/** Pixels within `px` of the lesion, measured between pixel centres. */
export function growth(map: LabelMap, label: number, box: Box, px: number): Coverage {
  const area = surroundings(map, box, Math.ceil(px));
  const own = cut(map, area, (value) => value === label);
  const squared = squaredDistance(own, area.width, area.height);
  return { box: area, inside: Uint8Array.from(squared, (value) => Number(value <= px * px)) };
}

/**
 * Pixels of the lesion within `px` of a pixel outside it. The edge of the image is not a boundary:
 * a lesion cut off by it does not shrink away from it.
 */
export function rim(map: LabelMap, label: number, box: Box, px: number): Coverage {
  const area = surroundings(map, box, 1);
  const outside = cut(map, area, (value) => value !== label);
  const squared = squaredDistance(outside, area.width, area.height);
  return {
    box: area,
    inside: Uint8Array.from(squared, (value, i) => Number(outside[i] === 0 && value <= px * px)),
  };
}

/** Background that the lesion encloses: it does not reach the edge of the lesion's surroundings. */
export function holes(map: LabelMap, label: number, box: Box): Coverage {
  // One pixel of margin lets the outside connect around the lesion.
  const area = { ...box, left: box.left - 1, top: box.top - 1 };
  area.width += 2;
  area.height += 2;
  const keyOf = (index: number) => {
    const y = area.top + Math.floor(index / area.width);
    const x = area.left + (index % area.width);
    return Number(map.at(x, y) !== label);
  };
  // The complement of an 8-connected lesion is 4-connected.
  const found = components(area.width, area.height, keyOf, false);
  const outside = found.numbers[0];
  return coverageOf(found, area, (number) => number !== outside);
}

/** The hole around a pixel, whichever lesion encloses it; null if open to the image's edge. */
export function holeAt(
  map: LabelMap,
  x: number,
  y: number,
): { coverage: Coverage; label: number } | null {
  if (map.at(x, y) !== 0) return null;
  const { width, height, data } = map;
  const found = components(width, height, (index) => Number(data[index] === 0), false);
  const number = found.numbers[y * width + x] as number;
  const { box } = found.found[number - 1] as (typeof found.found)[number];
  const open =
    box.left === 0 ||
    box.top === 0 ||
    box.left + box.width === width ||
    box.top + box.height === height;
  if (open) return null;
  const coverage = coverageOf(found, map.box, (other) => other === number);
  return { coverage, label: mostOften(map, neighbours(map, found.numbers, number, box)) };
}

/** Labels along the outer edge of a component. */
function neighbours(map: LabelMap, numbers: Int32Array, number: number, box: Box): number[] {
  const labels: number[] = [];
  for (let y = box.top; y < box.top + box.height; y += 1) {
    for (let x = box.left; x < box.left + box.width; x += 1) {
      if (numbers[y * map.width + x] !== number) continue;
      labels.push(map.at(x - 1, y), map.at(x + 1, y), map.at(x, y - 1), map.at(x, y + 1));
    }
  }
  return labels;
}

function mostOften(map: LabelMap, labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) if (label !== 0) counts.set(label, (counts.get(label) ?? 0) + 1);
  const best = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0];
  return best?.[0] ?? map.at(0, 0);
}

/** The 8-connected part of a lesion at one of its pixels. */
export function islandAt(map: LabelMap, x: number, y: number, box: Box): Coverage {
  const label = map.at(x, y);
  const found = parts(map, label, box);
  const number = found.numbers[(y - box.top) * box.width + x - box.left];
  return coverageOf(found, box, (other) => other === number);
}

/** Parts of the lesion with fewer than `px` pixels, but never its largest part. */
export function smallIslands(map: LabelMap, label: number, box: Box, px: number): Coverage {
  const found = parts(map, label, box);
  const largest = found.found.reduce((a, b) => (b.area > a.area ? b : a));
  return coverageOf(
    found,
    box,
    (number) => number !== largest.number && (found.found[number - 1]?.area ?? 0) < px,
  );
}

/** All parts of a lesion, largest first. */
export function separateParts(map: LabelMap, label: number, box: Box): Coverage[] {
  const found = parts(map, label, box);
  return found.found
    .toSorted((a, b) => b.area - a.area)
    .map((part) => coverageOf(found, box, (number) => number === part.number));
}

/** The largest part of a lesion. */
export function largestPart(map: LabelMap, label: number, box: Box): Coverage {
  const found = parts(map, label, box);
  const largest = found.found.reduce((a, b) => (b.area > a.area ? b : a));
  return coverageOf(found, box, (number) => number === largest.number);
}

function parts(map: LabelMap, label: number, box: Box) {
  const keyOf = (index: number) => {
    const row = Math.floor(index / box.width);
    const place = (box.top + row) * map.width + box.left + (index - row * box.width);
    return Number(map.data[place] === label);
  };
  return components(box.width, box.height, keyOf, true);
}

/**
 * The lesion with a smoothed boundary: a Gaussian over its pixels, thresholded at one half.
 * Straight boundaries stay in place; teeth and spikes narrower than about 2 σ disappear.
 * @param sigma in pixels
 */
export function smoothed(map: LabelMap, label: number, box: Box, sigma: number): Coverage {
  const reach = Math.ceil(3 * sigma);
  const area = surroundings(map, box, reach);
  const own = Float32Array.from(cut(map, area, (value) => value === label));
  const rows = blurred(own, area.width, area.height, 1, area.width, sigma);
  const both = blurred(rows, area.height, area.width, area.width, 1, sigma);
  return { box: area, inside: Uint8Array.from(both, (value) => Number(value >= 0.5)) };
}

/** Gaussian along lines of `length` with `step` between pixels; the edge pixels repeat. */
function blurred(
  source: Float32Array,
  length: number,
  lines: number,
  step: number,
  stride: number,
  sigma: number,
): Float32Array {
  const reach = Math.ceil(3 * sigma);
  const weights = Float32Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  const out = new Float32Array(source.length);
  for (let line = 0; line < lines; line += 1) {
    for (let i = 0; i < length; i += 1) {
      let value = 0;
      for (let k = -reach; k <= reach; k += 1) {
        const at = Math.max(0, Math.min(length - 1, i + k));
        value += (weights[k + reach] as number) * (source[line * stride + at * step] as number);
      }
      out[line * stride + i * step] = value / sum;
    }
  }
  return out;
}
