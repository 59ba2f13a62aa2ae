/** Colours by label: far apart for each other and from grey, also for colour-blind readers. */
export const LESION_COLOURS = ['#f2b84b', '#5cc8ff', '#e08fd8', '#8fd16a', '#ff8f6b'] as const;

export function lesionColour(label: number): string {
  const index = (label - 1) % LESION_COLOURS.length;
  return LESION_COLOURS[(index + LESION_COLOURS.length) % LESION_COLOURS.length] as string;
}
