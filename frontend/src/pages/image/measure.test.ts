import { describe, expect, it } from 'vitest';
import type { Lesion } from '../../api/types';
import { areaText, axesText, probabilityText, spacingText } from './measure';

const lesion: Lesion = {
  label: 1,
  area_px: 12_345,
  area_mm2: null,
  box: { top: 0, left: 0, height: 1, width: 1 },
  long_axis_px: 151.6,
  short_axis_px: 80.2,
  long_axis_mm: null,
  short_axis_mm: null,
  mean_probability: 0.934,
};

describe('measurements', () => {
  it('are in pixels, and labelled so, while the spacing is unknown', () => {
    expect(axesText(lesion)).toBe('152 × 80 px');
    expect(areaText(lesion)).toBe('12,345 px²');
    expect(spacingText(null)).toBe('unknown');
  });

  it('are in millimetres when it is known', () => {
    const known = { ...lesion, long_axis_mm: 15.16, short_axis_mm: 8, area_mm2: 123.4 };
    expect(axesText(known)).toBe('15.2 × 8.0 mm');
    expect(areaText(known)).toBe('123 mm²');
    expect(areaText({ ...known, area_mm2: 3.21 })).toBe('3.2 mm²');
  });

  it('give the probability in whole per cent', () => {
    expect(probabilityText(lesion)).toBe('93 %');
  });
});
