import { t } from '@lingui/core/macro';
import type { Lesion, Spacing } from '../../api/types';
import type { LesionMeasure } from '../../editor';
import { currentLanguage } from '../../language/language';

/** The figures of a lesion as returned by the API; mm are null if the spacing is unknown. */
export type Figures = Pick<
  Lesion,
  'area_px' | 'area_mm2' | 'long_axis_px' | 'short_axis_px' | 'long_axis_mm' | 'short_axis_mm'
>;

const figure = (value: number, digits: number) =>
  value.toLocaleString(currentLanguage(), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });

/** The editor's measurements under the API's names. */
export function figuresOf({ areaPx, areaMm2, longAxis, shortAxis }: LesionMeasure): Figures {
  return {
    area_px: areaPx,
    area_mm2: areaMm2,
    long_axis_px: longAxis.px,
    short_axis_px: shortAxis.px,
    long_axis_mm: longAxis.mm,
    short_axis_mm: shortAxis.mm,
  };
}

/** Long × short axis, in mm if the spacing is known, else in px. */
export function axesText(lesion: Figures): string {
  if (lesion.long_axis_mm !== null && lesion.short_axis_mm !== null) {
    return t`${figure(lesion.long_axis_mm, 1)} × ${figure(lesion.short_axis_mm, 1)} mm`;
  }
  return t`${figure(lesion.long_axis_px, 0)} × ${figure(lesion.short_axis_px, 0)} px`;
}

export function areaText(lesion: Figures): string {
  if (lesion.area_mm2 !== null) {
    return `${figure(lesion.area_mm2, lesion.area_mm2 < 10 ? 1 : 0)} mm²`;
  }
  return `${figure(lesion.area_px, 0)} px²`;
}

export function probabilityText(lesion: Pick<Lesion, 'mean_probability'>): string {
  // Outlines drawn by people have none.
  return lesion.mean_probability === null ? '–' : `${figure(lesion.mean_probability * 100, 0)} %`;
}

export function spacingText(spacing: Spacing | null): string {
  if (!spacing) return t`unknown`;
  return t`${figure(spacing.column, 3)} × ${figure(spacing.row, 3)} mm per pixel`;
}
