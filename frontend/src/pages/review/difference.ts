import type { View } from '../../viewer/geometry';
import type { Layer } from '../../viewer/layers';
import type { ViewerState } from '../../viewer/state';

/** Pixels by who marked them. */
export interface Overlap {
  onlyFirst: number;
  onlySecond: number;
  both: number;
}

/** RGB of the three kinds; far apart for colour-blind readers, too. */
export const DIFFERENCE_COLOURS = {
  onlyFirst: [242, 184, 75],
  onlySecond: [92, 200, 255],
  both: [176, 186, 192],
} as const;

const ALPHA = { differs: 190, both: 70 };

/**
 * Two masks laid over each other: what one alone marks stands out, what both mark is faint.
 * @param first RGBA whose red channel is 255 inside lesions and 0 outside; null marks nothing
 * @param second of the same size
 * @throws RangeError where the sizes differ
 */
export function difference(
  first: ImageData | null,
  second: ImageData | null,
  size: { width: number; height: number },
): { pixels: Uint8ClampedArray<ArrayBuffer>; overlap: Overlap } {
  for (const mask of [first, second]) {
    if (mask && (mask.width !== size.width || mask.height !== size.height)) {
      throw new RangeError('The two masks do not have the size of the frame.');
    }
  }
  const pixels = new Uint8ClampedArray(size.width * size.height * 4);
  const overlap: Overlap = { onlyFirst: 0, onlySecond: 0, both: 0 };
  for (let at = 0; at < pixels.length; at += 4) {
    const a = (first?.data[at] ?? 0) > 127;
    const b = (second?.data[at] ?? 0) > 127;
    if (!a && !b) continue;
    const kind = a && b ? 'both' : a ? 'onlyFirst' : 'onlySecond';
    overlap[kind] += 1;
    pixels.set(DIFFERENCE_COLOURS[kind], at);
    pixels[at + 3] = kind === 'both' ? ALPHA.both : ALPHA.differs;
  }
  return { pixels, overlap };
}

/** Draws the result of `difference` over a frame, pixel by pixel. */
export class DifferenceLayer implements Layer {
  private readonly surface: OffscreenCanvas;

  constructor(pixels: Uint8ClampedArray<ArrayBuffer>, width: number, height: number) {
    this.surface = new OffscreenCanvas(width, height);
    const context = this.surface.getContext('2d');
    if (!context) throw new Error('This browser cannot draw; enable canvas and reload.');
    context.putImageData(new ImageData(pixels, width, height), 0, 0);
  }

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    if (!state.overlay.shown) return;
    context.imageSmoothingEnabled = view.scale < 2;
    const { width, height } = this.surface;
    context.drawImage(this.surface, view.x, view.y, width * view.scale, height * view.scale);
  }
}
