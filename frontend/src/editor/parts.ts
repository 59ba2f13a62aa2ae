import type { Point } from '../viewer/geometry';
import type { Box } from './box';
import type { LabelMap } from './labelMap';

/** An 8-connected part of a lesion. */
export interface Part {
  area: number;
  box: Box;
  /** Corners of its outline's hull, and some points within: its ends in each row. */
  corners: Point[];
}

interface Run {
  part: number;
  start: number;
  /** Exclusive. */
  end: number;
}

/**
 * The parts of a lesion, largest first; of equal ones, the upper one first. Computed from runs row
 * by row, fast enough for the figures to follow a stroke.
 * @param box the lesion's bounding box
 */
export function partsOf(map: LabelMap, label: number, box: Box): Part[] {
  const parent: number[] = [];
  const root = (number: number): number => {
    let at = number;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] as number] as number;
      at = parent[at] as number;
    }
    return at;
  };
  const rows: Run[][] = [];
  let above: Run[] = [];
  for (let y = box.top; y < box.top + box.height; y += 1) {
    const runs = runsOf(map, label, box, y);
    let first = 0;
    for (const run of runs) {
      run.part = parent.length;
      parent.push(run.part);
      // Runs that touch at a corner are one part, hence the additional pixel on either side.
      while (first < above.length && (above[first] as Run).end < run.start) first += 1;
      for (let i = first; i < above.length && (above[i] as Run).start <= run.end; i += 1) {
        parent[root(run.part)] = root((above[i] as Run).part);
      }
    }
    rows.push(runs);
    above = runs;
  }
  const found = new Map<number, Part>();
  rows.forEach((runs, row) => {
    const outer = new Map<number, { start: number; end: number }>();
    for (const run of runs) {
      const number = root(run.part);
      add(found, number, run, box.top + row);
      const own = outer.get(number);
      if (own) own.end = run.end;
      else outer.set(number, { start: run.start, end: run.end });
    }
    // No other run of the row can touch the hull.
    for (const [number, own] of outer) addCorners(found.get(number) as Part, own, box.top + row);
  });
  return [...found.values()].sort((a, b) => b.area - a.area || a.box.top - b.box.top);
}

function runsOf(map: LabelMap, label: number, box: Box, y: number): Run[] {
  const runs: Run[] = [];
  const row = y * map.width;
  const right = box.left + box.width;
  for (let x = box.left; x < right; x += 1) {
    if (map.data[row + x] !== label) continue;
    const start = x;
    while (x < right && map.data[row + x] === label) x += 1;
    runs.push({ part: 0, start, end: x });
  }
  return runs;
}

function add(found: Map<number, Part>, number: number, run: Run, y: number): void {
  const { start, end } = run;
  let part = found.get(number);
  if (!part) {
    part = { area: 0, box: { top: y, left: start, width: 0, height: 0 }, corners: [] };
    found.set(number, part);
  }
  const { box } = part;
  const right = Math.max(box.left + box.width, end);
  box.left = Math.min(box.left, start);
  box.width = right - box.left;
  box.height = y + 1 - box.top;
  part.area += end - start;
}

/** A pixel extends half a pixel beyond its centre along rows and columns. */
function addCorners({ corners }: Part, { start, end }: { start: number; end: number }, y: number) {
  corners.push({ x: start, y: y + 0.5 }, { x: end, y: y + 0.5 });
  corners.push({ x: start + 0.5, y }, { x: start + 0.5, y: y + 1 });
  if (end - 1 === start) return;
  corners.push({ x: end - 0.5, y }, { x: end - 0.5, y: y + 1 });
}
