import type { MaskPixels } from './components';

// The picture for tools that follow it: grey values with most of the speckle removed, and the cost
// of a line at each pixel, which is low along edges.

/** Like the pipeline's low pass (σ = 2), which three running means of 3, 5 and 5 px approximate. */
const MEANS = [1, 2, 2] as const;
/** Gradients at or above this quantile count fully as an edge. */
const FULL_EDGE = 0.97;
/** The cost of a step without any edge, which is the maximum. */
export const MOST_COST = 255;

export interface Field {
  readonly width: number;
  readonly height: number;
  /** Grey values, 0 to 255, with reduced speckle. */
  readonly gray: Float32Array;
  /** 1 on a strong edge, up to `MOST_COST` without one. */
  readonly cost: Uint8Array;
}

const fields = new WeakMap<MaskPixels, Field>();

/** The field of a frame; computed once per frame, in time linear in its pixels. */
export function fieldOf(frame: MaskPixels): Field {
  const known = fields.get(frame);
  if (known) return known;
  const { width, height, data } = frame;
  const gray = new Float32Array(width * height);
  for (let i = 0; i < gray.length; i += 1) {
    const at = i * 4;
    gray[i] =
      0.299 * (data[at] as number) +
      0.587 * (data[at + 1] as number) +
      0.114 * (data[at + 2] as number);
  }
  const other = new Float32Array(gray.length);
  for (const reach of MEANS) {
    for (let y = 0; y < height; y += 1) mean(gray, other, y * width, 1, width, reach);
    for (let x = 0; x < width; x += 1) mean(other, gray, x, width, height, reach);
  }
  const field = { width, height, gray, cost: costs(gray, width, height) };
  fields.set(frame, field);
  return field;
}

/** Running mean along a line; its ends repeat. */
function mean(
  from: Float32Array,
  to: Float32Array,
  start: number,
  step: number,
  length: number,
  reach: number,
): void {
  const first = from[start] as number;
  const last = from[start + (length - 1) * step] as number;
  const at = (i: number) => (i < length ? (from[start + i * step] as number) : last);
  let sum = reach * first;
  for (let i = 0; i <= reach; i += 1) sum += at(i);
  const count = 2 * reach + 1;
  for (let i = 0; i < length; i += 1) {
    to[start + i * step] = sum / count;
    sum += at(i + reach + 1) - (i < reach ? first : (from[start + (i - reach) * step] as number));
  }
}

function costs(gray: Float32Array, width: number, height: number): Uint8Array {
  const gradient = new Float32Array(gray.length);
  const histogram = new Uint32Array(256);
  let counted = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x;
      const dx = (gray[i + 1] as number) - (gray[i - 1] as number);
      const dy = (gray[i + width] as number) - (gray[i - width] as number);
      const steep = Math.sqrt(dx * dx + dy * dy);
      gradient[i] = steep;
      // Black pixels do not tell how steep the edges of tissue are.
      if ((gray[i] as number) < 8) continue;
      const bin = Math.min(255, Math.floor(steep * 2));
      histogram[bin] = (histogram[bin] as number) + 1;
      counted += 1;
    }
  }
  let bin = 0;
  for (let below = 0; bin < 255; bin += 1) {
    below += histogram[bin] as number;
    if (below >= counted * FULL_EDGE) break;
  }
  const full = Math.max(1, bin / 2);
  const cost = new Uint8Array(gradient.length);
  for (let i = 0; i < cost.length; i += 1) {
    const flat = 1 - Math.min(1, (gradient[i] as number) / full);
    cost[i] = 1 + Math.round((MOST_COST - 1) * flat * flat);
  }
  return cost;
}
