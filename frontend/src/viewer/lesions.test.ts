import { expect, it } from 'vitest';
import { LESION_COLOURS, lesionColour } from './lesions';

it('there is a colour for any number of lesions', () => {
  expect(lesionColour(1)).toBe(LESION_COLOURS[0]);
  expect(lesionColour(LESION_COLOURS.length + 1)).toBe(LESION_COLOURS[0]);
});
