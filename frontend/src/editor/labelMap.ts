import type { Box } from './box';

/** Lesion numbers range from 1 to this; 255 is unused. */
export const MAX_LABEL = 254;

/**
 * Which lesion each pixel of a frame belongs to: 0 background, 1..254 lesion numbers. Row-major,
 * one byte per pixel, the size of the frame.
 */
export class LabelMap {
  /** @throws RangeError if the data does not have width × height bytes */
  constructor(
    readonly width: number,
    readonly height: number,
    readonly data: Uint8Array = new Uint8Array(width * height),
  ) {
    if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
      throw new RangeError(`A label map needs a whole width and height, not ${width} × ${height}.`);
    }
    if (data.length !== width * height) {
      throw new RangeError(
        `A label map of ${width} × ${height} needs ${width * height} labels, not ${data.length}.`,
      );
    }
  }

  get box(): Box {
    return { left: 0, top: 0, width: this.width, height: this.height };
  }

  /** The label at a pixel; 0 outside the map. */
  at(x: number, y: number): number {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return 0;
    return this.data[y * this.width + x] as number;
  }

  /** Number of pixels that are not background. */
  get drawn(): number {
    return this.data.reduce((sum, label) => sum + Number(label !== 0), 0);
  }

  clone(): LabelMap {
    return new LabelMap(this.width, this.height, this.data.slice());
  }

  equals(other: LabelMap): boolean {
    return (
      this.width === other.width &&
      this.height === other.height &&
      this.data.every((label, index) => label === other.data[index])
    );
  }

  /** The pixels of one lesion as 1, all others 0: the mask format of the server's refine. */
  only(label: number): LabelMap {
    return new LabelMap(
      this.width,
      this.height,
      this.data.map((own) => (own === label ? 1 : 0)),
    );
  }
}
