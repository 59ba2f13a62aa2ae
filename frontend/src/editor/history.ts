import type { Values } from './content';
import type { Delta } from './delta';
import type { LayerDelta } from './pixelLayers';
import type { Assessment, Measurement } from './state';

/** The properties of a lesion besides its pixels. */
export interface LesionFacts {
  readonly label: number;
  readonly name: string;
  /** Null until a class is chosen. */
  readonly classId: string | null;
  /** Attributes. */
  readonly values: Values;
  /** A person kept an outline that is more likely not a lesion. */
  readonly kept?: true;
}

/** Everything that undo restores besides pixels. Immutable: steps share unchanged parts. */
export interface Facts {
  readonly lesions: readonly LesionFacts[];
  /** Attributes of the image. */
  readonly imageValues: Values;
  readonly answer: Assessment;
  readonly measurements: readonly Measurement[];
  /** The author's note for the next viewer. */
  readonly note: string;
  readonly selected: number | null;
}

/** One undoable step. */
export interface Step {
  readonly name: string;
  readonly pixels: readonly LayerDelta[];
  readonly scribbles: Delta | null;
  readonly before: Facts;
  readonly after: Facts;
  /**
   * Whether it changes saved content: pixels, names, classes, attributes, measurements, note or
   * answer. Scribbles do not count.
   */
  readonly content: boolean;
}

/** Steps done and steps undone, without limit. */
export class History {
  private readonly steps: Step[] = [];
  private done = 0;
  /** Number of steps done at the last save; null if that state can no longer be reached. */
  private saved: number | null = 0;

  push(step: Step): void {
    if (this.saved !== null && this.saved > this.done) this.saved = this.contentLost();
    this.steps.length = this.done;
    this.steps.push(step);
    this.done += 1;
  }

  /** Returns the step to undo and counts it as undone. */
  back(): Step | null {
    if (this.done === 0) return null;
    this.done -= 1;
    return this.steps[this.done] ?? null;
  }

  /** Returns the step to redo and counts it as done. */
  forward(): Step | null {
    const step = this.steps[this.done];
    if (!step) return null;
    this.done += 1;
    return step;
  }

  get undoName(): string | null {
    return this.steps[this.done - 1]?.name ?? null;
  }

  get redoName(): string | null {
    return this.steps[this.done]?.name ?? null;
  }

  /** Names of all steps, oldest first. */
  get names(): readonly string[] {
    return this.steps.map((step) => step.name);
  }

  /** Number of steps done. */
  get position(): number {
    return this.done;
  }

  /** Total bytes of all deltas. */
  get bytes(): number {
    return this.steps.reduce(
      (sum, { pixels, scribbles }) =>
        pixels.reduce((bytes, { delta }) => bytes + delta.code.length, sum) +
        (scribbles?.code.length ?? 0),
      0,
    );
  }

  markSaved(): void {
    this.saved = this.done;
  }

  get dirty(): boolean {
    if (this.saved === null) return true;
    const from = Math.min(this.saved, this.done);
    const to = Math.max(this.saved, this.done);
    for (let i = from; i < to; i += 1) if (this.steps[i]?.content) return true;
    return false;
  }

  /** New steps replace those up to the saved one: the position with the same content, or null. */
  private contentLost(): number | null {
    const lost = this.steps.slice(this.done, this.saved ?? 0);
    return lost.some((step) => step.content) ? null : this.done;
  }
}
