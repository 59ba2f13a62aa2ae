import { t } from '@lingui/core/macro';
import type { EvaluationReport } from '../../api/types';
import { fixed } from './figures';

type Verdict = NonNullable<EvaluationReport['verdict']>;

/** Rows of the class table: data set and class, old against new; then mIoU and pixel accuracy. */
export function classRows(sets: Verdict['classes']): [string, string][] {
  return sets.flatMap(({ set, before, after }) => {
    const names = [
      ...new Set([...Object.keys(before?.iou ?? {}), ...Object.keys(after?.iou ?? {})]),
    ];
    const figures: [string, number | undefined, number | undefined][] = [
      ...names
        .sort((a, b) => a.localeCompare(b))
        .map((name): [string, number | undefined, number | undefined] => [
          name,
          before?.iou[name],
          after?.iou[name],
        ]),
      [t`Mean with background (mIoU)`, before?.mean_iou, after?.mean_iou],
      [t`Pixel accuracy`, before?.pixel_accuracy, after?.pixel_accuracy],
    ];
    return figures.map(([name, old, now]): [string, string] => [
      `${set}: ${name}`,
      `${shown(old)} → ${shown(now)}`,
    ]);
  });
}

const shown = (value: number | undefined) => (value === undefined ? '–' : fixed(value, 3));
