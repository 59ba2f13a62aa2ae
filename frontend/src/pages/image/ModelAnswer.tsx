import type { ImageDetail } from '../../api/types';
import { UncertaintyMeter } from '../../components/UncertaintyMeter';
import { answerSentence, percent } from './answerSentence';
import { modelsMask } from './editing/drawings';
import { probabilityText } from './measure';
import { Section } from './Section';
import classes from './SidePanel.module.css';

/** What the sentence and the notice above the lesions say already. */
const SAID = ['out_of_domain', 'low_confidence', 'no_lesion', 'possible_lesion'];

/** What the model said of the image, how far that can be trusted, and what to check. */
export function ModelAnswer({ image }: { image: ImageDetail }) {
  const result = modelsMask(image)?.result;
  if (!result?.uncertainty) return null;
  const { lesions, uncertainty } = result;
  const sentence = answerSentence(result);
  const reasons = uncertainty.reasons.filter(({ code }) => !sentence || !SAID.includes(code));
  const judged = lesions.filter((lesion) => lesion.expected_dice != null);
  return (
    <Section title="The model’s answer" aside={<UncertaintyMeter score={uncertainty.score} />}>
      {sentence ? <p className={classes.sentence}>{sentence}</p> : null}
      {sentence && judged.length > 0 && !result.out_of_domain ? (
        <ul className={classes.outlines}>
          {judged.map((lesion) => (
            <li key={lesion.label}>
              {judged.length > 1
                ? `Outline ${lesion.label}: ${percent(lesion.probability ?? 0)} a lesion; expected`
                : 'Expected'}{' '}
              overlap with a reader’s outline {percent(lesion.expected_dice ?? 0)} (Dice)
            </li>
          ))}
        </ul>
      ) : null}
      {reasons.length > 0 ? (
        <>
          {sentence ? <p className={classes.check}>What to check</p> : null}
          <ul className={classes.reasons}>
            {reasons.map((reason) => (
              <li key={reason.code}>{reason.text}</li>
            ))}
          </ul>
        </>
      ) : sentence ? null : (
        <p className={classes.quiet}>No reason to doubt this answer was found.</p>
      )}
      {!sentence && lesions.length > 0 ? (
        <p className={classes.probabilities}>
          Mean probability in each outline:{' '}
          {lesions.map((one) => `lesion ${one.label} ${probabilityText(one)}`).join(', ')}
        </p>
      ) : null}
    </Section>
  );
}
