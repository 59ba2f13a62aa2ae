/** Larger than any squared distance in an image, and finite so that parabolas intersect. */
const FAR = 1e12;

/**
 * Exact squared Euclidean distance of every pixel to the nearest set one, between centres, in px²
 * (Felzenszwalb and Huttenlocher 2012: lower envelope of parabolas, columns first, then rows).
 * @param set row-major, non-zero for set pixels; without any, the distances are about 1e12
 */
export function squaredDistance(set: Uint8Array, width: number, height: number): Float64Array {
  const out = Float64Array.from(set, (value) => (value ? 0 : FAR));
  const longest = Math.max(width, height);
  const line = new Float64Array(longest);
  const places = new Int32Array(longest);
  const bounds = new Float64Array(longest + 1);
  for (let x = 0; x < width; x += 1) transform(out, x, width, height, line, places, bounds);
  for (let y = 0; y < height; y += 1) transform(out, y * width, 1, width, line, places, bounds);
  return out;
}

function transform(
  data: Float64Array,
  start: number,
  step: number,
  length: number,
  line: Float64Array,
  places: Int32Array,
  bounds: Float64Array,
): void {
  for (let i = 0; i < length; i += 1) line[i] = data[start + i * step] as number;
  let last = 0;
  places[0] = 0;
  bounds[0] = -Infinity;
  bounds[1] = Infinity;
  for (let q = 1; q < length; q += 1) {
    const height = (line[q] as number) + q * q;
    let p = places[last] as number;
    let meet = (height - (line[p] as number) - p * p) / (2 * (q - p));
    while (meet <= (bounds[last] as number)) {
      last -= 1;
      p = places[last] as number;
      meet = (height - (line[p] as number) - p * p) / (2 * (q - p));
    }
    last += 1;
    places[last] = q;
    bounds[last] = meet;
    bounds[last + 1] = Infinity;
  }
  for (let q = 0, k = 0; q < length; q += 1) {
    while ((bounds[k + 1] as number) < q) k += 1;
    const p = places[k] as number;
    data[start + q * step] = (q - p) * (q - p) + (line[p] as number);
  }
}
