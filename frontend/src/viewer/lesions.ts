/**
 * Colours by label. A search found them so that all twelve differ from each other and from the
 * greys of tissue with normal colour vision, protanopia, deuteranopia and tritanopia, the first
 * four most of all. `lesions.test.ts` checks by how much.
 */
export const LESION_COLOURS = [
  '#fbff03',
  '#72f4ff',
  '#5280fa',
  '#b27b48',
  '#bfb38d',
  '#8f9bbc',
  '#ddb000',
  '#ffdfc3',
  '#a4e77e',
  '#03aff5',
  '#fe3e06',
  '#629b72',
] as const;

export function lesionColour(label: number): string {
  const index = (label - 1) % LESION_COLOURS.length;
  return LESION_COLOURS[(index + LESION_COLOURS.length) % LESION_COLOURS.length] as string;
}
