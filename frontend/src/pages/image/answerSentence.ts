import { t } from '@lingui/core/macro';
import type { MaskResult } from '../../api/types';

/** What the pages ask of a model's result; a model without a presence head has no `presence`. */
export type Judged = Pick<
  MaskResult,
  'lesions' | 'possible_lesions' | 'presence' | 'uncertainty' | 'out_of_domain'
>;

/** A probability in per cent; never 0 or 100, which nothing here can promise. */
export function percent(probability: number): string {
  if (probability < 0.01) return t`less than 1 %`;
  if (probability > 0.99) return t`more than 99 %`;
  return `${Math.round(probability * 100)} %`;
}

/** How many answers like this have to be corrected, in the words of a sentence. */
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
 * One sentence on what the model says of the image, and how far to trust it. Null for a model that
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
    const least = Math.min(...lesions.map((lesion) => lesion.probability ?? presence.probability));
    return `${lesionText(least, lesions.length)}; ${correctionsText(uncertainty.score)}.`;
  }
  if (possible.length > 0) {
    const most = Math.max(...possible.map((lesion) => lesion.probability ?? presence.probability));
    return t`Probably no lesion. The dashed outline has a lesion probability of ${percent(most)}.`;
  }
  return t`No lesion found. The probability that there is one is ${percent(presence.probability)}.`;
}

/** How probably what is outlined is a lesion; of several, the least probable. */
function lesionText(probability: number, count: number): string {
  const sure = percent(probability);
  if (count > 1) return t`Each outline has a lesion probability of at least ${sure}`;
  if (probability >= 0.9) return t`This is very likely a lesion (${sure})`;
  if (probability >= 0.5) return t`This is probably a lesion (${sure})`;
  return t`This is probably not a lesion (lesion probability ${sure})`;
}
