import { t } from '@lingui/core/macro';
import type { FrameList } from '../api/types';
import { lesionsText } from '../app/lesionsText';
import { comma, fixed } from '../language/language';

export type FrameState = FrameList['frames'][number];

/** A time in a cine in the format of video players. */
export function timeText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '';
  return `${fixed(ms / 1000, 2)} s`;
}

/** The screen-reader text for a frame of the strip. */
export function frameText(state: FrameState | undefined, count: number): string {
  if (!state) return '';
  const parts = [t`Frame ${state.index + 1} of ${count}`];
  if (state.lesion_count === null)
    parts.push(state.revision ? t`being measured` : t`not segmented`);
  else if (state.lesion_count === 0) parts.push(t`no lesion`);
  else {
    parts.push(lesionsText(state.lesion_count, state.possible_count));
    parts.push(sizeText(state));
  }
  if (state.probability !== null) parts.push(t`${Math.round(state.probability * 100)} % sure`);
  if (state.corrected) parts.push(t`corrected`);
  if (state.has_draft) parts.push(t`unsaved drawing`);
  if (state.suggestion) parts.push(t`outline suggested`);
  if (state.approved) parts.push(t`approved`);
  return parts.filter(Boolean).join(comma());
}

/** The longest lesion of a frame, in mm if lengths are known. */
export function sizeText({ long_axis_mm, long_axis_px }: FrameState): string {
  if (long_axis_mm !== null) return t`${fixed(long_axis_mm, 1)} mm`;
  return long_axis_px === null ? '' : t`${Math.round(long_axis_px)} px`;
}
