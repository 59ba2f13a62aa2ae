import type { ImageDetail } from '../../../api/types';
import type { ScaleRegion } from '../../../editor';

type Frame = ImageDetail['frame'];

/** The regions of a frame as the editor measures by them. */
export function scaleRegions(frame: Pick<Frame, 'regions'>): ScaleRegion[] {
  return frame.regions.map(
    ({ top, left, width, height, kind, row_mm: row, column_mm: column }) => ({
      top,
      left,
      width,
      height,
      kind,
      spacing: row && column ? { row, column } : null,
    }),
  );
}

const PICTURES = new Set(['2-d', 'colour']);

/** Regions whose scale a person may give: those of which the file says nothing. */
export function silentRegions(frame: Pick<Frame, 'regions'>): Frame['regions'] {
  return frame.regions.filter(
    (one) => PICTURES.has(one.kind) && (one.row_mm === null || one.spacing_source === 'manual'),
  );
}
