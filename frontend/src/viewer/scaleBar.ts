import { t } from '@lingui/core/macro';
export interface ScaleBar {
  /** Length in mm: 1, 2 or 5 times a power of ten. */
  mm: number;
  /** The same in device pixels, not rounded. */
  length: number;
  label: string;
}

/**
 * The longest round length that fits.
 * @param mmPerPixel spacing of the frame along the bar
 * @param scale device pixels per image pixel
 * @param maxLength device pixels
 */
export function scaleBar(mmPerPixel: number, scale: number, maxLength: number): ScaleBar | null {
  if (!(mmPerPixel > 0 && scale > 0 && maxLength > 0)) return null;
  const most = (maxLength / scale) * mmPerPixel;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [5, 2, 1].find((factor) => factor * power <= most * (1 + 1e-9)) ?? 1;
  const mm = step * power;
  return { mm, length: (mm / mmPerPixel) * scale, label: labelOf(mm) };
}

function labelOf(mm: number): string {
  if (mm >= 10) return t`${Number((mm / 10).toPrecision(3))} cm`;
  return t`${Number(mm.toPrecision(3))} mm`;
}
