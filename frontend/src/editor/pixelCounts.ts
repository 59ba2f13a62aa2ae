import { type Box, intersection, union } from './box';
import type { LabelMap } from './labelMap';

/** Area and bounding box of every label, updated as the map changes. */
export class PixelCounts {
  private readonly areas = new Int32Array(256);
  private readonly boxes: (Box | null)[] = new Array(256).fill(null);
  private readonly gained = new Set<number>();
  private readonly lost = new Set<number>();

  constructor(private readonly map: LabelMap) {
    for (const label of map.data) {
      this.areas[label] = (this.areas[label] as number) + 1;
    }
    for (let label = 1; label < 256; label += 1) {
      if (this.area(label) > 0) this.lost.add(label);
    }
    this.recount(map.box);
  }

  area(label: number): number {
    return this.areas[label] ?? 0;
  }

  box(label: number): Box | null {
    return this.boxes[label] ?? null;
  }

  /** Labels with pixels, in order. */
  present(): number[] {
    const labels: number[] = [];
    for (let label = 1; label < 256; label += 1) if (this.area(label) > 0) labels.push(label);
    return labels;
  }

  readonly moved = (from: number, to: number, length: number): void => {
    this.areas[from] = (this.areas[from] as number) - length;
    this.areas[to] = (this.areas[to] as number) + length;
    this.lost.add(from);
    this.gained.add(to);
  };

  /** Updates the boxes, after `moved` was called for all runs of a change. */
  recount(changed: Box): void {
    for (const label of new Set([...this.gained, ...this.lost])) {
      if (label === 0) continue;
      const around = union(this.box(label), changed);
      this.boxes[label] = this.area(label) === 0 || !around ? null : this.tight(label, around);
    }
    this.gained.clear();
    this.lost.clear();
  }

  /** The box of a label whose pixels are all inside `around`; searches rows and columns inwards. */
  private tight(label: number, around: Box): Box | null {
    const area = intersection(around, this.map.box);
    if (!area) return null;
    const { data, width: stride } = this.map;
    const right = area.left + area.width;
    const inRow = (y: number) => {
      const found = data.subarray(y * stride + area.left, y * stride + right).indexOf(label);
      return found >= 0;
    };
    let top = area.top;
    let bottom = area.top + area.height - 1;
    while (top < bottom && !inRow(top)) top += 1;
    while (bottom > top && !inRow(bottom)) bottom -= 1;
    const inColumn = (x: number) => {
      for (let y = top; y <= bottom; y += 1) if (data[y * stride + x] === label) return true;
      return false;
    };
    let left = area.left;
    let last = right - 1;
    while (left < last && !inColumn(left)) left += 1;
    while (last > left && !inColumn(last)) last -= 1;
    return { top, left, width: last - left + 1, height: bottom - top + 1 };
  }
}
