import type { LabelMap } from '../editor';

export interface Tint {
  /** 0xRRGGBB */
  colour: number;
  /** Opacity of the inside, 0..255; the boundary is drawn stronger. */
  alpha: number;
}

/** Blue, amber and green, distinguishable for colour-blind readers by their lightness. */
export const MINE: Tint = { colour: 0x5cc8ff, alpha: 105 };
export const THEIRS: Tint = { colour: 0xf2b84b, alpha: 105 };
export const BOTH: Tint = { colour: 0x7fe3a9, alpha: 50 };
/** Two classes claim it; lighter and redder than amber. */
export const OVERLAP: Tint = { colour: 0xff8f85, alpha: 190 };

const EDGE_ALPHA = 235;

/**
 * RGBA pixels of a mask over a frame: coloured inside, with a boundary of two pixels.
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
    const differs = (step: number, room: number) => step <= room && kinds[i + step] !== kind;
    // Two pixels wide, so that it stays visible on a frame that is shown reduced.
    const edge = [1, 2].some(
      (far) =>
        (far <= x && kinds[i - far] !== kind) ||
        differs(far, width - 1 - x) ||
        (far * width <= i && kinds[i - far * width] !== kind) ||
        differs(far * width, kinds.length - 1 - i),
    );
    pixels[i * 4] = tint.colour >> 16;
    pixels[i * 4 + 1] = (tint.colour >> 8) & 255;
    pixels[i * 4 + 2] = tint.colour & 255;
    pixels[i * 4 + 3] = edge ? EDGE_ALPHA : tint.alpha;
  }
  return pixels;
}

/** The coloured lesion pixels of `shown`, depending on whether the other one has them too. */
export function tintOf(shown: LabelMap, other: LabelMap | null, own: Tint) {
  return tinted(shown.width, shown.height, [own, BOTH], (index) => {
    const label = shown.data[index] as number;
    if (label === 0) return -1;
    return other !== null && other.data[index] === label ? 1 : 0;
  });
}
