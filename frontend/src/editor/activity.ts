/** A longer pause without input is not viewing: the telephone, lunch. */
const LONGEST_PAUSE_MS = 30_000;

/** Counts the time spent on an image, including looking, for the effort statistics. */
export class ActivityClock {
  private counted = 0;
  private last: number | null = null;

  /** @param now a monotonic clock in ms */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** A pointer or key did something. */
  touch(): void {
    const at = this.now();
    if (this.last !== null && at - this.last <= LONGEST_PAUSE_MS) this.counted += at - this.last;
    this.last = at;
  }

  /** The page is hidden, so nobody is viewing. Later activity starts a new interval. */
  pause(): void {
    this.touch();
    this.last = null;
  }

  /** Seconds between touches that were at most 30 s apart. */
  get seconds(): number {
    return this.counted / 1000;
  }

  /** Starts again from zero, e.g. for the next image. */
  reset(): void {
    this.counted = 0;
    this.last = null;
  }
}
