import { t } from '@lingui/core/macro';

/** A model's results on the held-out images of one data set; fractions from 0 to 1. */
export interface SetResult {
  name: string;
  /** Images with a lesion. */
  lesionImages: number;
  /** Mean overlap (Dice) with the experts' outlines; null if no image has a lesion. */
  dice: number | null;
  /** Fraction of the images with a lesion in which nothing was outlined. */
  missed: number | null;
  /** Images without a lesion. */
  freeImages: number;
  /** Fraction of the images without a lesion in which something was outlined. */
  outlined: number | null;
}

/** A name for the contents of the sets on which shipped models were measured. */
function setName(key: string): string {
  const names: Record<string, () => string> = {
    'bus-bra': () => t`Breast (BUS-BRA)`,
    'bus-uclm': () => t`Breast, another scanner (BUS-UCLM)`,
    mmotu: () => t`Ovary (MMOTU)`,
    'lesion-free': () => t`Nerves, muscle, fetal heads`,
  };
  return names[key.toLowerCase()]?.() ?? key.replaceAll('_', ' ');
}

const number = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

const members = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};

/**
 * The figures of a model card, which has no fixed form: missing ones are left out. Misses and false
 * outlines are those of the whole pipeline, with the presence operating point, if the card has
 * them.
 */
export function setResults(metrics: Record<string, unknown> | undefined): SetResult[] {
  const withPresence = members(members(metrics?.presence).held_out);
  return Object.entries(members(metrics?.validation))
    .map(([key, value]) => {
      const of = members(value);
      const present = members(withPresence[key]);
      return {
        name: setName(key),
        lesionImages: number(of.count) ?? 0,
        dice: number(of.lesion_dice_mean),
        missed: number(members(present.lesion).missed) ?? number(of.missed_share),
        freeImages: number(of.lesion_free_count) ?? 0,
        outlined: number(members(present.lesion_free).outlined) ?? number(of.lesion_free_outlined),
      };
    })
    .filter(({ dice, outlined }) => dice !== null || outlined !== null)
    .sort((a, b) => b.lesionImages - a.lesionImages);
}

export interface Overall {
  lesionImages: number;
  dice: number;
  missed: number;
  freeImages: number;
  outlined: number;
}

/** All sets together, each image counted once; null if no image with a lesion was measured. */
export function overall(sets: readonly SetResult[]): Overall | null {
  let lesionImages = 0;
  let dice = 0;
  let missed = 0;
  let freeImages = 0;
  let outlined = 0;
  for (const set of sets) {
    if (set.dice !== null && set.missed !== null) {
      lesionImages += set.lesionImages;
      dice += set.dice * set.lesionImages;
      missed += set.missed * set.lesionImages;
    }
    if (set.outlined !== null) {
      freeImages += set.freeImages;
      outlined += set.outlined * set.freeImages;
    }
  }
  if (lesionImages === 0) return null;
  return {
    lesionImages,
    dice: dice / lesionImages,
    missed: missed / lesionImages,
    freeImages,
    outlined: freeImages > 0 ? outlined / freeImages : 0,
  };
}
