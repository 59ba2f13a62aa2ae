import { t } from '@lingui/core/macro';
import type { MaskResult } from '../../api/types';

/** The part of a model's result that pages use; without a presence head there is no `presence`. */
export type Judged = Pick<
  MaskResult,
  'lesions' | 'possible_lesions' | 'presence' | 'uncertainty' | 'out_of_domain'
>;

/** A probability in per cent; never 0 or 100, since neither can be guaranteed. */
export function percent(probability: number): string {
  if (probability < 0.01) return t`less than 1 %`;
  if (probability > 0.99) return t`more than 99 %`;
  return `${Math.round(probability * 100)} %`;
}

/** The lower bound of several probabilities, as part of a sentence. */
function atLeast(probability: number): string {
  return probability > 0.99 ? percent(probability) : t`at least ${percent(probability)}`;
}

/** The upper bound of several probabilities, as part of a sentence. */
function atMost(probability: number): string {
  return probability < 0.01 ? percent(probability) : t`at most ${percent(probability)}`;
}

/** The share of such answers that have to be corrected, as part of a sentence. */
export function correctionsText(probability: number): string {
  if (probability >= 0.5) {
    const of = Math.round(Math.min(probability, 0.99) * 10);
    return of >= 10
      ? t`nearly all answers like this need a correction`
      : t`${of} in 10 answers like this need a correction`;
  }
  if (probability < 0.01) return t`fewer than 1 in 100 answers like this need a correction`;
  return t`1 in ${Math.round(1 / probability)} answers like this needs a correction`;
}

/**
 * One sentence on the model's answer for the image and how far to trust it. Null for a model that
 * cannot tell whether there is a lesion at all.
 */
export function answerSentence(result: Judged): string | null {
  const { presence, uncertainty, lesions, out_of_domain: unlike } = result;
  if (!presence || !uncertainty) return null;
  const possible = result.possible_lesions ?? [];
  if (unlike) {
    return lesions.length > 0
      ? t`The model was not trained on images like this, so its probabilities are not reliable here.`
      : t`The model was not trained on images like this, so the lack of an outline means little.`;
  }
  if (lesions.length > 0) {
    const outlines = outlinesText(lesions, presence.probability);
    const corrections = correctionsText(uncertainty.score);
    return t`${outlines}; ${corrections}.`;
  }
  if (possible.length > 0) {
    const most = Math.max(...possible.map((lesion) => lesion.probability ?? presence.probability));
    if (most < 0.5 && possible.length > 1) {
      return t`Probably no lesion. The dotted outlines have a lesion probability of ${atMost(most)}.`;
    }
    return most < 0.5
      ? t`Probably no lesion. The dotted outline has a lesion probability of ${percent(most)}.`
      : t`Nothing is outlined at this model’s operating point, but the dotted outline has a lesion probability of ${percent(most)}.`;
  }
  if (presence.probability >= 0.5) {
    return t`Nothing is outlined, but the probability that there is a lesion is ${percent(presence.probability)}: look for one.`;
  }
  return t`No lesion found. The probability that there is one is ${percent(presence.probability)}.`;
}

/** Lesion probability of the outlines: the lowest of the solid, the highest of the dashed ones. */
function outlinesText(lesions: Judged['lesions'], presence: number): string {
  const of = (possible: boolean) =>
    lesions
      .filter((lesion) => Boolean(lesion.possible) === possible)
      .map((lesion) => lesion.probability ?? presence);
  const [solid, dashed] = [of(false), of(true)];
  const [least, most] = [Math.min(...solid), Math.max(...dashed)];
  if (dashed.length === 0) {
    if (solid.length > 1) return t`Each outline has a lesion probability of ${atLeast(least)}`;
    if (least >= 0.9) return t`This is very likely a lesion (${percent(least)})`;
    return least >= 0.6
      ? t`This is probably a lesion (${percent(least)})`
      : t`This is about as likely a lesion as not (${percent(least)})`;
  }
  if (solid.length > 0) {
    return t`The solid outlines have a lesion probability of ${atLeast(least)}, the dashed ones of ${atMost(most)}`;
  }
  return dashed.length > 1
    ? t`Possible lesions, but probably none is one (lesion probability ${atMost(most)})`
    : t`Possible lesion, but probably not one (lesion probability ${percent(most)})`;
}
