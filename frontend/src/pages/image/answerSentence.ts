import type { MaskResult } from '../../api/types';

/** What the pages ask of a model's result; a model without a presence head has no `presence`. */
export type Judged = Pick<
  MaskResult,
  'lesions' | 'possible_lesions' | 'presence' | 'uncertainty' | 'out_of_domain'
>;

/** A probability in per cent; never 0 or 100, which nothing here can promise. */
export function percent(probability: number): string {
  if (probability < 0.01) return 'less than 1 %';
  if (probability > 0.99) return 'more than 99 %';
  return `${Math.round(probability * 100)} %`;
}

/** "1 in 8", for risks that people read more easily than per cent; per cent from one half on. */
export function frequency(probability: number): string {
  if (probability >= 0.5) return `${Math.round(Math.min(probability, 0.99) * 100)} in 100`;
  if (probability < 0.01) return 'fewer than 1 in 100';
  return `1 in ${Math.round(1 / probability)}`;
}

/**
 * One sentence on what the model says of the image, and how far to trust it. Null for a model that
 * cannot tell whether there is a lesion at all.
 */
export function answerSentence(result: Judged): string | null {
  const { presence, uncertainty, lesions, out_of_domain: unlike } = result;
  if (!presence || !uncertainty) return null;
  const possible = result.possible_lesions ?? [];
  const risk = `about ${frequency(uncertainty.score)} answers like this needs a correction`;
  if (unlike) {
    return lesions.length > 0
      ? 'The model was not trained on images like this, so its probabilities do not hold here.'
      : 'The model was not trained on images like this, so that it outlines nothing says little.';
  }
  if (lesions.length > 0) {
    const least = Math.min(...lesions.map((lesion) => lesion.probability ?? presence.probability));
    const what = lesions.length === 1 ? 'This is a lesion' : 'Each of these is a lesion';
    return `${what} with a probability of ${percent(least)}${lesions.length > 1 ? ' or more' : ''}; ${risk}.`;
  }
  if (possible.length > 0) {
    const most = Math.max(...possible.map((lesion) => lesion.probability ?? presence.probability));
    return `Probably no lesion; the dashed outline is one with a probability of ${percent(most)}.`;
  }
  return `No lesion found; the probability that there is one is ${percent(presence.probability)}.`;
}
