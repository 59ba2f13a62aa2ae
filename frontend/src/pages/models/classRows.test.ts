import { expect, it } from 'vitest';
import '../../testing/english';
import { classRows } from './classRows';

it('shows each class of either version, then mIoU and pixel accuracy', () => {
  const figures = { background_iou: 0.9, mean_iou: 0.75, pixel_accuracy: 0.95 };
  const rows = classRows([
    { set: 'Test part', before: null, after: { ...figures, iou: { solid: 0.8, cyst: 0.6 } } },
  ]);
  expect(rows).toEqual([
    ['Test part: cyst', '– → 0.600'],
    ['Test part: solid', '– → 0.800'],
    ['Test part: Mean with background (mIoU)', '– → 0.750'],
    ['Test part: Pixel accuracy', '– → 0.950'],
  ]);
});
