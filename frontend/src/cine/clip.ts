/** Frames of one answer; two answers a second play 30 frames of it. */
export const PACK = 16;
/** Decoded pictures take four bytes per pixel: this holds about eighty frames of 1024 × 768. */
const MOST_DECODED_BYTES = 256 * 1024 * 1024;
/** Files of the pictures as received. */
const MOST_CODED_BYTES = 128 * 1024 * 1024;

export type FetchPack = (first: number, count: number, signal: AbortSignal) => Promise<Blob[]>;
export type Decode = (file: Blob) => Promise<ImageBitmap>;

const decodeFile: Decode = (file) => createImageBitmap(file, { colorSpaceConversion: 'none' });

/**
 * The pictures of a cine: fetched and decoded ahead of the playing position, within bounds. The one
 * farthest ahead is discarded first; "ahead" wraps around, as the cine does.
 */
export class Clip {
  private readonly coded = new Map<number, Blob[]>();
  private readonly decoded = new Map<number, ImageBitmap>();
  private readonly fetching = new Map<number, Promise<void>>();
  private readonly decoding = new Set<number>();
  private readonly stopped = new AbortController();
  private at = 0;
  /** Called when a picture has arrived. */
  onPicture: (index: number) => void = () => {};
  /** Called when pictures could not be loaded. */
  onFailure: (error: Error) => void = () => {};

  constructor(
    readonly count: number,
    private readonly pixels: number,
    private readonly fetchPack: FetchPack,
    private readonly decode: Decode = decodeFile,
  ) {}

  /** The maximum number of decoded pictures. */
  get room(): number {
    return Math.max(4, Math.min(this.count, Math.floor(MOST_DECODED_BYTES / (4 * this.pixels))));
  }

  /** The picture of a frame; null while it is not decoded. */
  picture(index: number): ImageBitmap | null {
    return this.decoded.get(index) ?? null;
  }

  /** Requests the pictures from a frame on, in the order in which they are needed. */
  prepare(index: number, ahead = Math.min(24, this.room - 1)): void {
    this.at = index;
    for (let step = 0; step <= ahead && step < this.count; step += 1) {
      const wanted = (index + step) % this.count;
      if (this.decoded.has(wanted) || this.decoding.has(wanted)) continue;
      const file = this.file(wanted);
      if (file) void this.open(wanted, file);
      else this.fetch(wanted);
    }
    // The files of the next pictures, so that decoding never waits for the network.
    this.fetch((index + Math.min(ahead + PACK, this.count - 1)) % this.count);
  }

  close(): void {
    this.stopped.abort();
    for (const picture of this.decoded.values()) picture.close();
    this.decoded.clear();
    this.coded.clear();
  }

  private file(index: number): Blob | null {
    return this.coded.get(Math.floor(index / PACK))?.[index % PACK] ?? null;
  }

  private fetch(index: number): void {
    const pack = Math.floor(index / PACK);
    if (this.coded.has(pack) || this.fetching.has(pack)) return;
    // At most two at once: the urgent pictures must not share the connection with many others.
    if (this.fetching.size >= 2) return;
    const { signal } = this.stopped;
    const loading = this.fetchPack(pack * PACK, PACK, signal).then(
      (files) => {
        this.fetching.delete(pack);
        if (signal.aborted) return;
        this.coded.set(pack, files);
        this.trimCoded();
        this.prepare(this.at);
      },
      (error: Error) => {
        this.fetching.delete(pack);
        if (!signal.aborted) this.onFailure(error);
      },
    );
    this.fetching.set(pack, loading);
  }

  private async open(index: number, file: Blob): Promise<void> {
    this.decoding.add(index);
    try {
      const picture = await this.decode(file);
      if (this.stopped.signal.aborted) {
        picture.close();
        return;
      }
      this.decoded.set(index, picture);
      this.trimDecoded();
      this.onPicture(index);
    } catch (error) {
      if (!this.stopped.signal.aborted) this.onFailure(error as Error);
    } finally {
      this.decoding.delete(index);
    }
  }

  /** Number of frames to play before this one. */
  private until(index: number): number {
    return (index - this.at + this.count) % this.count;
  }

  private trimDecoded(): void {
    while (this.decoded.size > this.room) {
      const last = farthest([...this.decoded.keys()], (index) => this.until(index));
      this.decoded.get(last)?.close();
      this.decoded.delete(last);
    }
  }

  private trimCoded(): void {
    const bytes = () => [...this.coded.values()].flat().reduce((sum, { size }) => sum + size, 0);
    while (this.coded.size > 2 && bytes() > MOST_CODED_BYTES) {
      const here = Math.floor(this.at / PACK);
      const packs = Math.ceil(this.count / PACK);
      this.coded.delete(farthest([...this.coded.keys()], (pack) => (pack - here + packs) % packs));
    }
  }
}

function farthest(indices: number[], distance: (index: number) => number): number {
  return indices.reduce((a, b) => (distance(b) > distance(a) ? b : a));
}
