import { Store } from '../viewer/store';

export interface PlayerState {
  playing: boolean;
  /** The frame that is shown, or will be as soon as its picture is available. */
  index: number;
  /** Times the native rate. */
  speed: number;
  /** The next picture is not available yet. */
  waiting: boolean;
}

/** The source of pictures. */
export interface Pictures {
  readonly count: number;
  picture(index: number): ImageBitmap | null;
  prepare(index: number): void;
}

export const SPEEDS = [0.25, 0.5, 1, 2] as const;

/**
 * Plays a cine by the clock: each screen refresh shows the frame that is due. If a picture
 * is late the clock waits for it, so that no frame is skipped.
 */
export class Player {
  readonly state: Store<PlayerState>;
  /** Frames that were shown, and frames that the screen refresh missed. */
  readonly seen = { shown: 0, dropped: 0 };
  /** Milliseconds of the cine at `since`. */
  private from = 0;
  private since = 0;
  private readonly length: number;

  /**
   * @param times of each frame in ms, ascending from 0
   * @param step between two frames in ms, from the rate: the duration of the last frame
   */
  constructor(
    private readonly pictures: Pictures,
    private readonly times: readonly number[],
    step: number,
    index = 0,
  ) {
    this.length = (times.at(-1) ?? 0) + Math.max(step, 1);
    this.state = new Store<PlayerState>({ playing: false, index, speed: 1, waiting: false });
  }

  play(now: number): void {
    if (this.pictures.count < 2) return;
    this.from = this.times[this.state.get().index] ?? 0;
    this.since = now;
    this.state.set({ playing: true });
    this.pictures.prepare(this.state.get().index);
  }

  pause(): void {
    this.state.set({ playing: false, waiting: false });
  }

  seek(index: number): void {
    const last = this.pictures.count - 1;
    const wanted = Math.max(0, Math.min(last, Math.round(index)));
    this.pause();
    this.state.set({ index: wanted });
    this.pictures.prepare(wanted);
  }

  /** One frame forward or back, wrapping around the ends. */
  step(by: number): void {
    const { count } = this.pictures;
    this.seek((this.state.get().index + by + count) % count);
  }

  setSpeed(speed: number, now: number): void {
    this.from = this.position(now);
    this.since = now;
    this.state.set({ speed });
  }

  /** To be called at every screen refresh while it plays; returns the frame to show. */
  tick(now: number): number {
    const { playing, index } = this.state.get();
    if (!playing) return index;
    const wanted = this.frameAt(this.position(now));
    if (wanted === index) return index;
    if (!this.pictures.picture(wanted)) {
      // The clock stays at the visible frame until the next one has arrived.
      this.from = this.times[index] ?? 0;
      this.since = now;
      const next = (index + 1) % this.pictures.count;
      if (!this.pictures.picture(next)) {
        this.pictures.prepare(next);
        this.state.set({ waiting: true });
        return index;
      }
      this.from = this.times[next] ?? 0;
      return this.show(next, index);
    }
    return this.show(wanted, index);
  }

  private show(wanted: number, before: number): number {
    const { count } = this.pictures;
    this.seen.shown += 1;
    this.seen.dropped += ((wanted - before + count) % count) - 1;
    this.state.set({ index: wanted, waiting: false });
    this.pictures.prepare(wanted);
    return wanted;
  }

  private position(now: number): number {
    return (this.from + (now - this.since) * this.state.get().speed) % this.length;
  }

  /** The last frame whose time has come. */
  private frameAt(ms: number): number {
    let low = 0;
    let high = this.times.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.times[middle] ?? 0) <= ms) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
