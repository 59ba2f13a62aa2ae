export interface PaceOptions {
  debounceMs: number;
  behindMs: number;
  backoffMs: readonly number[];
  run: () => void;
}

/** When to run next: after a pause, but not too late; after failures with increasing delays. */
export class Pace {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waitingSince: number | null = null;
  private failures = 0;

  constructor(private readonly options: PaceOptions) {}

  /** Runs after a pause of `debounceMs`, and at most `behindMs` after the first call. */
  soon(): void {
    this.waitingSince ??= Date.now();
    const left = this.waitingSince + this.options.behindMs - Date.now();
    this.after(Math.max(0, Math.min(this.options.debounceMs, left)));
  }

  now(): void {
    this.after(0);
  }

  /** @param askedSeconds the delay requested by the server (Retry-After) */
  failed(askedSeconds: number | null): void {
    const { backoffMs } = this.options;
    const planned = backoffMs[Math.min(this.failures, backoffMs.length - 1)] ?? 1_000;
    this.failures += 1;
    this.after(Math.max(planned, (askedSeconds ?? 0) * 1_000));
  }

  succeeded(): void {
    this.failures = 0;
  }

  stop(): void {
    clearTimeout(this.timer);
    this.waitingSince = null;
  }

  private after(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.waitingSince = null;
      this.options.run();
    }, ms);
  }
}
