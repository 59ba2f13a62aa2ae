import type { LabelMap } from '../editor';

export interface Tint {
  /** 0xRRGGBB */
  colour: number;
  /** Of the inside, 0..255; the boundary is drawn stronger. */
  alpha: number;
}

/** Blue and amber are told apart by colour-blind readers too, and both from grey. */
export const MINE: Tint = { colour: 0x5cc8ff, alpha: 105 };
export const THEIRS: Tint = { colour: 0xf2b84b, alpha: 105 };
export const BOTH: Tint = { colour: 0xdfe6ea, alpha: 45 };

const EDGE_ALPHA = 235;

/**
 * RGBA pixels of a mask over a frame: coloured inside, with a boundary of one pixel.
 * @param kindOf index of the tint of a pixel, or -1 for none
 * @returns width × height × 4 bytes
 */
export function tinted(
  width: number,
  height: number,
  tints: readonly Tint[],
  kindOf: (index: number) => number,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(width * height * 4);
  const kinds = new Int8Array(width * height);
  for (let i = 0; i < kinds.length; i += 1) kinds[i] = kindOf(i);
  for (let i = 0; i < kinds.length; i += 1) {
    const kind = kinds[i] as number;
    const tint = tints[kind];
    if (!tint) continue;
    const x = i % width;
    const edge =
      (x > 0 && kinds[i - 1] !== kind) ||
      (x < width - 1 && kinds[i + 1] !== kind) ||
      (i >= width && kinds[i - width] !== kind) ||
      (i < kinds.length - width && kinds[i + width] !== kind);
    pixels[i * 4] = tint.colour >> 16;
    pixels[i * 4 + 1] = (tint.colour >> 8) & 255;
    pixels[i * 4 + 2] = tint.colour & 255;
    pixels[i * 4 + 3] = edge ? EDGE_ALPHA : tint.alpha;
  }
  return pixels;
}

/** What is shown: lesion pixels of `shown`, by whether the other one has them as well. */
export function tintOf(shown: LabelMap, other: LabelMap | null, own: Tint) {
  return tinted(shown.width, shown.height, [own, BOTH], (index) => {
    const label = shown.data[index] as number;
    if (label === 0) return -1;
    return other !== null && other.data[index] === label ? 1 : 0;
  });
}

/** Two drawings over each other: mine alone, theirs alone, both. */
export function tintOfBoth(mine: LabelMap, theirs: LabelMap) {
  return tinted(mine.width, mine.height, [MINE, THEIRS, BOTH], (index) => {
    const [a, b] = [mine.data[index] as number, theirs.data[index] as number];
    if (a === 0 && b === 0) return -1;
    if (a !== 0 && b !== 0) return a === b ? 2 : 0;
    return a !== 0 ? 0 : 1;
  });
}
