import type { Box } from './box';

/**
 * One change of a label map: for each run of changed pixels, the gap since the previous run, its
 * length, and the labels before and after. A brush stroke takes about five bytes per row.
 */
export interface Delta {
  /** Box around all changes. */
  readonly box: Box;
  readonly code: Uint8Array;
}

/** Called for each run with the number of pixels that changed from one label to another. */
export type RunListener = (from: number, to: number, length: number) => void;

class ByteWriter {
  private bytes = new Uint8Array(256);
  private used = 0;

  byte(value: number): void {
    if (this.used === this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes[this.used] = value;
    this.used += 1;
  }

  /** Seven bits per byte, lowest first; the high bit is set on all but the last. */
  number(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** A copy of only the used bytes: deltas live as long as the history. */
  done(): Uint8Array {
    return this.bytes.slice(0, this.used);
  }
}

/** The smallest box around the differences of `before` and `after` inside `box`; null if none. */
function changedBox(before: Uint8Array, after: Uint8Array, stride: number, box: Box): Box | null {
  let top = -1;
  let bottom = -1;
  let left = box.left + box.width;
  let right = -1;
  for (let y = box.top; y < box.top + box.height; y += 1) {
    for (let x = box.left; x < box.left + box.width; x += 1) {
      if (before[y * stride + x] === after[y * stride + x]) continue;
      if (top < 0) top = y;
      bottom = y;
      if (x < left) left = x;
      if (x > right) right = x;
    }
  }
  return top < 0 ? null : { top, left, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * The change from `before` to `after` inside `box`, or null if there is none.
 * @param stride width of both maps
 */
export function deltaOf(
  before: Uint8Array,
  after: Uint8Array,
  stride: number,
  within: Box,
): Delta | null {
  const box = changedBox(before, after, stride, within);
  if (!box) return null;
  const writer = new ByteWriter();
  let gap = 0;
  for (let row = 0; row < box.height; row += 1) {
    const first = (box.top + row) * stride + box.left;
    const end = first + box.width;
    let i = first;
    while (i < end) {
      const from = before[i] as number;
      const to = after[i] as number;
      let next = i + 1;
      if (from === to) {
        while (next < end && before[next] === after[next]) next += 1;
        gap += next - i;
      } else {
        while (next < end && before[next] === from && after[next] === to) next += 1;
        writer.number(gap);
        writer.number(next - i);
        writer.byte(from);
        writer.byte(to);
        gap = 0;
      }
      i = next;
    }
  }
  return { box, code: writer.done() };
}

/** Writes one side of a delta into `data`, which must currently hold the other side. */
export function applyDelta(
  data: Uint8Array,
  stride: number,
  delta: Delta,
  side: 'before' | 'after',
  listener?: RunListener,
): void {
  const { box, code } = delta;
  let at = 0;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = code[at] as number;
      at += 1;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  let position = 0;
  while (at < code.length) {
    position += number();
    const length = number();
    const before = code[at] as number;
    const after = code[at + 1] as number;
    at += 2;
    // Runs end with their row, so one run is a contiguous range of memory.
    const row = Math.floor(position / box.width);
    const start = (box.top + row) * stride + box.left + (position - row * box.width);
    const [from, to] = side === 'after' ? [before, after] : [after, before];
    data.fill(to, start, start + length);
    listener?.(from, to, length);
    position += length;
  }
}

/** The change of pixels per label that a delta makes. */
export function eachRun(delta: Delta, side: 'before' | 'after', listener: RunListener): void {
  const { box } = delta;
  const own = { ...delta, box: { ...box, top: 0, left: 0 } };
  applyDelta(new Uint8Array(0), box.width, own, side, listener);
}
