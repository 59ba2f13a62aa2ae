import type { Point } from '../viewer/geometry';
import type { Field } from './speckle';

// Live-wire, after Mortensen and Barrett, "Intelligent scissors for image composition" (1995): the
// cheapest path over the pixels from the start of a line to the pointer. Edges are cheap.

/** More than the most expensive step: 255, diagonally. */
const BUCKETS = 512;
/** Cost of a diagonal step relative to a straight one: √2 in 128ths. */
const CORNER = 181;
const STRAIGHT = 128;
/** Pixels processed between two checks of the clock. */
const AT_A_TIME = 2048;

/**
 * Cheapest paths from one pixel, searched outwards only as far as needed. The search stops when the
 * time of a move is used up and continues at the next move.
 */
export class Wire {
  private readonly spent: Int32Array;
  /** The previous pixel on the cheapest path; −1 at the start and for pixels not reached yet. */
  private readonly before: Int32Array;
  private readonly settled: Uint8Array;
  // Dial's queue: pixels by cost, each bucket a doubly linked list.
  private readonly heads = new Int32Array(BUCKETS).fill(-1);
  private readonly next: Int32Array;
  private readonly last: Int32Array;
  private waiting = 0;
  private level = 0;

  constructor(
    private readonly field: Field,
    start: Point,
  ) {
    const size = field.width * field.height;
    this.spent = new Int32Array(size).fill(-1);
    this.before = new Int32Array(size).fill(-1);
    this.settled = new Uint8Array(size);
    this.next = new Int32Array(size).fill(-1);
    this.last = new Int32Array(size).fill(-1);
    const first = this.indexOf(start);
    this.spent[first] = 0;
    this.push(first, 0);
  }

  /**
   * The path to a pixel, as pixel centres, without the start.
   * @param milliseconds time budget; if it is not enough, the path is a straight line
   */
  to(end: Point, milliseconds: number): Point[] {
    const target = this.indexOf(end);
    const until = performance.now() + milliseconds;
    while (this.settled[target] === 0 && this.waiting > 0) {
      for (let i = 0; i < AT_A_TIME && this.settled[target] === 0 && this.waiting > 0; i += 1) {
        this.settleOne();
      }
      if (performance.now() >= until) break;
    }
    if (this.settled[target] === 0) return [end];
    const { width } = this.field;
    const way: Point[] = [];
    for (let at = target; this.before[at] !== -1; at = this.before[at] as number) {
      way.push({ x: (at % width) + 0.5, y: Math.floor(at / width) + 0.5 });
    }
    return way.reverse();
  }

  private indexOf({ x, y }: Point): number {
    const { width, height } = this.field;
    const column = Math.max(0, Math.min(width - 1, Math.floor(x)));
    return Math.max(0, Math.min(height - 1, Math.floor(y))) * width + column;
  }

  private settleOne(): void {
    while (this.heads[this.level % BUCKETS] === -1) this.level += 1;
    const at = this.heads[this.level % BUCKETS] as number;
    this.take(at, this.level);
    this.settled[at] = 1;
    const { width, height, cost } = this.field;
    const x = at % width;
    const y = (at - x) / width;
    for (let dy = -1; dy <= 1; dy += 1) {
      if (y + dy < 0 || y + dy >= height) continue;
      for (let dx = -1; dx <= 1; dx += 1) {
        if (x + dx < 0 || x + dx >= width) continue;
        const to = at + dy * width + dx;
        if (this.settled[to] !== 0) continue;
        const way = dx !== 0 && dy !== 0 ? CORNER : STRAIGHT;
        const sum = this.level + Math.max(1, ((cost[to] as number) * way) >> 7);
        const known = this.spent[to] as number;
        if (known >= 0 && known <= sum) continue;
        if (known >= 0) this.take(to, known);
        this.spent[to] = sum;
        this.before[to] = at;
        this.push(to, sum);
      }
    }
  }

  private push(at: number, sum: number): void {
    const bucket = sum % BUCKETS;
    const head = this.heads[bucket] as number;
    this.next[at] = head;
    this.last[at] = -1;
    if (head !== -1) this.last[head] = at;
    this.heads[bucket] = at;
    this.waiting += 1;
  }

  private take(at: number, sum: number): void {
    const next = this.next[at] as number;
    const last = this.last[at] as number;
    if (next !== -1) this.last[next] = last;
    if (last !== -1) this.next[last] = next;
    else this.heads[sum % BUCKETS] = next;
    this.waiting -= 1;
  }
}
