/** A pause longer than this is no editing: reading, the telephone, lunch. */
const LONGEST_PAUSE_MS = 5000;

/** Counts the time of active editing, for the statistics of effort. */
export class ActivityClock {
  private counted = 0;
  private last: number | null = null;

  /** @param now a clock in ms that never goes back */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** A pointer or key did something. */
  touch(): void {
    const at = this.now();
    if (this.last !== null && at - this.last <= LONGEST_PAUSE_MS) this.counted += at - this.last;
    this.last = at;
  }

  /** Seconds between touches that were at most 5 s apart. */
  get seconds(): number {
    return this.counted / 1000;
  }

  /** Starts again from zero, e.g. for the next image. */
  reset(): void {
    this.counted = 0;
    this.last = null;
  }
}
