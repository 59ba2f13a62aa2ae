import type { Lesion, Spacing } from '../../api/types';

const figure = (value: number, digits: number) =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Long × short axis: mm when the spacing is known, else px. */
export function axesText(lesion: Lesion): string {
  if (lesion.long_axis_mm !== null && lesion.short_axis_mm !== null) {
    return `${figure(lesion.long_axis_mm, 1)} × ${figure(lesion.short_axis_mm, 1)} mm`;
  }
  return `${figure(lesion.long_axis_px, 0)} × ${figure(lesion.short_axis_px, 0)} px`;
}

export function areaText(lesion: Lesion): string {
  if (lesion.area_mm2 !== null) {
    return `${figure(lesion.area_mm2, lesion.area_mm2 < 10 ? 1 : 0)} mm²`;
  }
  return `${figure(lesion.area_px, 0)} px²`;
}

export function probabilityText(lesion: Lesion): string {
  return `${figure(lesion.mean_probability * 100, 0)} %`;
}

export function spacingText(spacing: Spacing | null): string {
  if (!spacing) return 'unknown';
  return `${figure(spacing.column, 3)} × ${figure(spacing.row, 3)} mm per pixel`;
}
