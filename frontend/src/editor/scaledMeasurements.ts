import type { Lengths } from './lengths';
import { lineAlong } from './measure';
import type { Measurement } from './state';

/** Measurements with the currently known scales: undo restores lines, not lengths. */
export class ScaledMeasurements {
  private last: {
    made: readonly Measurement[];
    lengths: Lengths;
    shown: readonly Measurement[];
  } | null = null;

  constructor(public lengths: Lengths) {}

  /** The same array until lines or scales change. */
  of(made: readonly Measurement[]): readonly Measurement[] {
    const { lengths } = this;
    if (this.last?.made !== made || this.last.lengths !== lengths) {
      const shown = made.map((one) => ({
        ...one,
        lines: one.lines.map(({ start, end }) => lineAlong(start, end, lengths)),
      }));
      this.last = { made, lengths, shown };
    }
    return this.last.shown;
  }
}
