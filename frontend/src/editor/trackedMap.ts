import { type Box, intersection, union } from './box';
import { applyDelta, type Delta, deltaOf, type RunListener } from './delta';
import type { LabelMap } from './labelMap';

/**
 * A label map and its state at the last commit, so that a stroke can write freely and is then
 * either kept as a delta or rolled back.
 */
export class TrackedMap {
  private readonly committed: Uint8Array;
  private touched: Box | null = null;

  constructor(readonly map: LabelMap) {
    this.committed = map.data.slice();
  }

  /** Records that pixels inside the box may have been written. */
  touch(box: Box): void {
    this.touched = union(this.touched, intersection(box, this.map.box));
  }

  /** Box around everything that may have been written since the last commit. */
  get open(): Box | null {
    return this.touched;
  }

  /** Commits what was written since the last commit; null if nothing differs. */
  commit(): Delta | null {
    const box = this.touched;
    this.touched = null;
    if (!box) return null;
    const { data, width } = this.map;
    const delta = deltaOf(this.committed, data, width, box);
    if (delta) copyBox(data, this.committed, width, delta.box);
    return delta;
  }

  /** Rolls back what was written since the last commit. @returns the box around it */
  rollback(): Box | null {
    const box = this.touched;
    this.touched = null;
    if (box) copyBox(this.committed, this.map.data, this.map.width, box);
    return box;
  }

  /** Applies a delta from the undo history in either direction; nothing may be uncommitted. */
  apply(delta: Delta, side: 'before' | 'after', listener: RunListener): void {
    applyDelta(this.map.data, this.map.width, delta, side, listener);
    copyBox(this.map.data, this.committed, this.map.width, delta.box);
  }
}

function copyBox(from: Uint8Array, to: Uint8Array, stride: number, box: Box): void {
  for (let y = box.top; y < box.top + box.height; y += 1) {
    const start = y * stride + box.left;
    to.set(from.subarray(start, start + box.width), start);
  }
}
