import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ImageDetail } from '../../api/types';
import { UncertaintyMeter } from '../../components/UncertaintyMeter';
import { modelsMask } from '../../editing/drawings';
import { comma } from '../../language/language';
import { answerSentence, percent } from './answerSentence';
import { probabilityText } from './measure';
import { reasonText } from './reasonText';
import { Section } from './Section';
import classes from './SidePanel.module.css';

/** Reasons already given by the sentence and by the notice above the lesions. */
const SAID = ['out_of_domain', 'low_confidence', 'no_lesion', 'possible_lesion'];

/** The model's answer for the image, how far it can be trusted, and what to check. */
export function ModelAnswer({ image }: { image: ImageDetail }) {
  const result = modelsMask(image)?.result;
  if (!result?.uncertainty) return null;
  const { lesions, uncertainty } = result;
  const sentence = answerSentence(result);
  const reasons = uncertainty.reasons.filter(({ code }) => !sentence || !SAID.includes(code));
  // The sentence covers the case of a single outline that is more likely not a lesion.
  const judged = lesions.filter(
    (lesion) => lesion.expected_dice != null && !(lesions.length === 1 && lesion.possible),
  );
  return (
    <Section title={t`The model’s answer`} aside={<UncertaintyMeter score={uncertainty.score} />}>
      {sentence ? <p className={classes.sentence}>{sentence}</p> : null}
      {sentence && judged.length > 0 && !result.out_of_domain ? (
        <ul className={classes.outlines}>
          {judged.map((lesion) => (
            <li key={lesion.label}>
              {judged.length > 1
                ? t`Outline ${lesion.label}: ${percent(lesion.probability ?? 0)} likely a lesion; expected overlap with a reader’s outline (Dice): ${percent(lesion.expected_dice ?? 0)}`
                : t`Expected overlap with a reader’s outline (Dice): ${percent(lesion.expected_dice ?? 0)}`}
            </li>
          ))}
        </ul>
      ) : null}
      {reasons.length > 0 ? (
        <>
          {sentence ? (
            <p className={classes.check}>
              <Trans>What to check</Trans>
            </p>
          ) : null}
          <ul className={classes.reasons}>
            {reasons.map((reason) => (
              <li key={reason.code}>{reasonText(reason)}</li>
            ))}
          </ul>
        </>
      ) : sentence ? null : (
        <p className={classes.quiet}>
          <Trans>No reason to doubt this answer was found.</Trans>
        </p>
      )}
      {!sentence && lesions.length > 0 ? (
        <p className={classes.probabilities}>
          {lesions.length === 1
            ? t`Mean probability of lesion:`
            : t`Mean probability of each lesion:`}{' '}
          {lesions
            .map((one) =>
              lesions.length === 1
                ? probabilityText(one)
                : t`no. ${one.label} ${probabilityText(one)}`,
            )
            .join(comma())}
        </p>
      ) : null}
    </Section>
  );
}
