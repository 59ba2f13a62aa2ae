import { describe, expect, it } from 'vitest';
import { difference, seen, VISIONS } from '../testing/colourVision';
import { LESION_COLOURS, lesionColour } from './lesions';

/** Grey values of tissue in ultrasound. */
const TISSUE = Array.from({ length: 31 }, (_, i) => {
  const value = (20 + 6 * i).toString(16).padStart(2, '0');
  return `#${value}${value}${value}`;
});

describe('colours of lesions', () => {
  it('exist for any number of lesions', () => {
    expect(lesionColour(1)).toBe(LESION_COLOURS[0]);
    expect(lesionColour(LESION_COLOURS.length + 1)).toBe(LESION_COLOURS[0]);
  });

  it('are measured in agreement with the published examples of CIEDE2000', () => {
    expect(difference([50, 2.6772, -79.7751], [50, 0, -82.7485])).toBeCloseTo(2.0425, 4);
    expect(difference([50, 2.5, 0], [73, 25, -18])).toBeCloseTo(27.1492, 4);
    expect(difference([2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514])).toBeCloseTo(0.9082, 4);
  });

  it.each(Object.keys(VISIONS))(
    'stay distinct with %s, among twelve lesions and from tissue',
    (vision) => {
      expect(LESION_COLOURS.length).toBe(12);
      const colours = LESION_COLOURS.map((colour) => seen(colour, vision));
      const greys = TISSUE.map((gray) => seen(gray, vision));
      colours.forEach((one, i) => {
        for (const gray of greys) expect(difference(one, gray)).toBeGreaterThan(10);
        for (const other of colours.slice(i + 1)) expect(difference(one, other)).toBeGreaterThan(8);
      });
      // The first few, which suffice for most images, differ far more.
      colours.slice(0, 4).forEach((one, i) => {
        for (const other of colours.slice(i + 1, 4))
          expect(difference(one, other)).toBeGreaterThan(15);
      });
    },
  );
});
