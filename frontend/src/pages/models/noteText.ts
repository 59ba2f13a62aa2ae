import { t } from '@lingui/core/macro';
import { fixed, listed } from '../../language/language';
import { percentOf, plainNumber } from './figures';

/** A note about a candidate; runs and cards from before the codes contain only the English text. */
export type Note = string | { code: string; text: string; values: Record<string, unknown> };

export const englishOf = (note: Note): string => (typeof note === 'string' ? note : note.text);

/** A note for the person who decides about a candidate, in the language of the page. */
export function noteText(note: Note): string {
  if (typeof note === 'string') return note;
  const { values } = note;
  const number = (name: string) => plainNumber(Number(values[name]));
  const score = (name: string) => fixed(Number(values[name]), 4);
  const why = String(values.why ?? '');
  const [patients, needed] = [number('patients'), number('needed')];
  const [fresh, old] = [score('new'), score('old')];
  // An 8-bit version uses the presence of the candidate from which it was made.
  const ofParent = values.of !== "the candidate's";
  switch (note.code) {
    case 'presence-of-parent':
      return t`Training images without a lesion: ${number('count')}. Whether there is a lesion at all is still decided by the parent model.`;
    case 'no-gain':
      return values.replays
        ? t`No mixture gains more than ${number('tie')} over the parent model on the validation images without losing more than ${number('most')} on what is trained on again.`
        : t`No mixture gains more than ${number('tie')} over the parent model on the validation images.`;
    case 'no-gain-of-few':
      return values.replays
        ? t`Validation patients: ${patients}; ${needed} are needed to choose by. Neither half nor a quarter of the new weights gains over the parent model on their images without losing more than ${number('most')} on what is trained on again.`
        : t`Validation patients: ${patients}; ${needed} are needed to choose by. Neither half nor a quarter of the new weights gains over the parent model on their images.`;
    case 'share-not-judged':
      return t`Too few patients validate to choose by: ${percentOf(Number(values.share))} of the new weights.`;
    case 'classes':
      return t`It distinguishes classes: ${listed((values.classes ?? []) as string[])}.`;
    case 'began-anew':
      return t`An earlier attempt could not be continued, for example after an upgrade; the run started again.`;
    case 'calibration-too-few':
      return t`Temperature and threshold are those of the parent model. Validation patients: ${patients}; ${needed} are needed to fit and to judge them.`;
    case 'calibration-no-better':
      return t`Temperature and threshold are those of the parent model. New ones do no better on other patients (Brier score of the pixels ${fresh}, before ${old}).`;
    case 'calibration-own':
      return t`Temperature (${number('temperature')}) and threshold (${number('threshold')}) were fitted on the validation patients: Brier score of the pixels ${fresh}, before ${old}, on patients who had no part in it.`;
    case 'presence-too-few':
      return ofParent
        ? t`The probabilities that there is a lesion are those of the parent model. Validation patients: ${patients}; ${needed} are needed to fit and to judge new ones.`
        : t`The probabilities that there is a lesion are those of the candidate. Validation patients: ${patients}; ${needed} are needed to fit and to judge new ones.`;
    case 'presence-not-fitted':
      return ofParent
        ? t`The probabilities that there is a lesion are those of the parent model. New ones could not be fitted: ${why}`
        : t`The probabilities that there is a lesion are those of the candidate. New ones could not be fitted: ${why}`;
    case 'presence-no-better':
      return ofParent
        ? t`The probabilities that there is a lesion are those of the parent model. New ones do no better on other patients (Brier score ${fresh}, before ${old}).`
        : t`The probabilities that there is a lesion are those of the candidate. New ones do no better on other patients (Brier score ${fresh}, before ${old}).`;
    case 'presence-own':
      return t`The probabilities that there is a lesion were fitted on the validation patients: Brier score ${fresh}, before ${old}, on patients who had no part in it.`;
    case 'domain-none':
      return t`The candidate cannot recognise images unlike the training images: ${why}`;
    case 'domain-of-parent':
      return t`Images unlike the training images are recognised as by the parent model: ${why}`;
    case 'domain-own':
      return t`Images unlike the training images are recognised by comparison with its own training images.`;
    case 'no-8-bits':
      return t`There is no 8-bit model. ${why}`;
    case 'in-8-bits':
      return t`The same in 8 bits is a candidate of its own: ${String(values.model ?? '')}.`;
    default:
      return note.text;
  }
}
