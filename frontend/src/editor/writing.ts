import type { Box } from './box';
import { intersection } from './box';
import type { Coverage } from './coverage';
import { MAX_LABEL } from './labelMap';
import type { TrackedMap } from './trackedMap';

/** The lesions whose pixels a stroke may take. */
export interface WriteRule {
  /** Pixels of any visible lesion, in addition to the background. */
  overwrite?: boolean;
  /** Removing affects this lesion, or all visible ones if null. */
  of?: number | null;
}

/** Labels that a stroke may overwrite: 1 for each such label. */
export function writable(
  label: number,
  rule: WriteRule,
  hidden: ReadonlySet<number>,
): Uint8Array<ArrayBuffer> {
  const allowed = new Uint8Array(256);
  const others = label === 0 ? rule.of === null : rule.overwrite === true;
  allowed[0] = Number(label !== 0);
  for (let own = 1; own <= MAX_LABEL; own += 1) {
    allowed[own] = Number(others && !hidden.has(own));
  }
  if (label === 0 && rule.of) allowed[rule.of] = 1;
  allowed[label] = 0;
  return allowed;
}

/** Writes a label into a set of pixels, if `allowed` accepts the label that a pixel has. */
export function writeCoverage(
  target: TrackedMap,
  { box, inside }: Coverage,
  label: number,
  allowed: (own: number) => boolean,
): Box | null {
  const area = intersection(box, target.map.box);
  if (!area) return null;
  const { data, width } = target.map;
  for (let y = area.top; y < area.top + area.height; y += 1) {
    let source = (y - box.top) * box.width + area.left - box.left;
    for (let i = y * width + area.left, end = i + area.width; i < end; i += 1, source += 1) {
      if (inside[source] === 1 && allowed(data[i] as number)) data[i] = label;
    }
  }
  target.touch(area);
  return area;
}

/** Writes the result of `next` for each index and old label into a box inside the map. */
export function rewriteBox(
  target: TrackedMap,
  area: Box,
  next: (index: number, label: number) => number,
): void {
  const { data, width } = target.map;
  for (let y = area.top; y < area.top + area.height; y += 1) {
    for (let i = y * width + area.left, end = i + area.width; i < end; i += 1) {
      data[i] = next(i, data[i] as number);
    }
  }
  target.touch(area);
}
