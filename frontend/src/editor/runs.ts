import { t } from '@lingui/core/macro';
import { LabelMap, MAX_LABEL } from './labelMap';

/** Thrown for runs that are not the canonical code of a label map of that size. */
export class RunsError extends Error {
  override readonly name = 'RunsError';
}

/**
 * The wire format of masks: [label, length, label, length, …] along the rows, from the top left.
 * Lengths are at least 1 and neighbouring runs differ, so every map has exactly one code.
 */
export function encodeRuns(map: LabelMap): number[] {
  const { data } = map;
  const runs: number[] = [];
  let start = 0;
  for (let i = 1; i <= data.length; i += 1) {
    if (i < data.length && data[i] === data[start]) continue;
    runs.push(data[start] as number, i - start);
    start = i;
  }
  return runs;
}

/**
 * The label map from which `encodeRuns` made these runs.
 * @throws RunsError for anything that `encodeRuns` would not have written
 */
export function decodeRuns(runs: readonly number[], width: number, height: number): LabelMap {
  const map = new LabelMap(width, height);
  if (runs.length % 2 !== 0)
    throw new RunsError(t`A mask has a label without a length; reload it.`);
  let at = 0;
  let before = -1;
  for (let i = 0; i < runs.length; i += 2) {
    const label = runs[i] as number;
    const length = runs[i + 1] as number;
    if (!Number.isInteger(label) || label < 0 || label > MAX_LABEL) {
      throw new RunsError(t`A mask has the label ${label}; labels go from 0 to ${MAX_LABEL}.`);
    }
    if (!Number.isInteger(length) || length < 1) {
      throw new RunsError(t`A mask has a run of length ${length}; lengths are at least 1.`);
    }
    if (label === before) {
      throw new RunsError(t`A mask has two runs of label ${label} in a row; join them.`);
    }
    if (at + length > map.data.length) break;
    map.data.fill(label, at, at + length);
    at += length;
    before = label;
    if (i + 2 === runs.length && at === map.data.length) return map;
  }
  throw new RunsError(t`The runs of a mask do not sum to ${width} × ${height} pixels; reload it.`);
}
