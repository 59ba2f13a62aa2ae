import type { ImageDetail } from '../../../api/types';
import type { ScaleRegion } from '../../../editor';
import { Store } from '../../../viewer/store';

type Frame = ImageDetail['frame'];

/** The regions of a frame in the form the editor measures with. */
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

/** Regions whose scale a person may set: those for which the file gives none. */
export function silentRegions(frame: Pick<Frame, 'regions'>): Frame['regions'] {
  return frame.regions.filter(
    (one) => PICTURES.has(one.kind) && (one.row_mm === null || one.spacing_source === 'manual'),
  );
}

export type ProposedScale = NonNullable<Frame['regions'][number]['proposed_scale']>;

/** The scale printed next to a region without one in the file; null if there is none. */
export function proposalOf(frame: Pick<Frame, 'regions'>): ProposedScale | null {
  return silentRegions(frame).find((one) => one.proposed_scale)?.proposed_scale ?? null;
}

/** Whether the marks of a printed scale are drawn over the image for somebody to check. */
export const scaleStore = new Store<{ shown: boolean }>({ shown: false });
