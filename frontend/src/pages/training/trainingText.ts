import { plural, t } from '@lingui/core/macro';
import { stageInWords } from '../../api/stageText';
import type { ReadinessRemark, TrainingReadiness, TrainingRun } from '../../api/types';
import { fixed } from '../../language/language';

/** A remark on missing or insufficient data for a run, in the language of the page. */
export function remarkText(remark: ReadinessRemark, parent: string | null): string {
  const count = remark.count ?? 0;
  const needed = remark.needed ?? 0;
  const model = (parent ?? '').replace('@', ' ');
  switch (remark.code) {
    case 'no-parent':
      return t`No model serves this project yet. Promote one; a run trains it further.`;
    case 'no-weights':
      return t`${model} has no weights that can be trained further. Promote a model that has.`;
    case 'few-training':
      return t`Images in the training part: ${count}. At least ${needed} are needed; approve more.`;
    case 'no-validation':
      return t`There is no validation image yet. One patient in seven is drawn for validation; approve images of more patients.`;
    case 'few-lesion-free':
      return t`Training images without a lesion: ${count}. With fewer than ${needed} the new model keeps the old one’s answer to whether there is a lesion, and outlines as much in healthy tissue.`;
    case 'few-validating':
      return t`Validation patients: ${count}. With fewer than ${needed} only half or a quarter of the new weights is used, and no model is made if neither is better on these images.`;
    case 'few-of-class': {
      const name = remark.name ?? '';
      return t`Training images that show “${name}”: ${count}. With fewer than ${needed} the class is hardly learnt; with none it is left out.`;
    }
    case 'unknown-patients':
      return t`Images of unknown patients: ${count}. Each counts as a patient of its own. Images of one patient may then train and test, and the new model looks better than it is.`;
    case 'no-reference':
      return t`No reference set is named. Nothing that the old model knows is trained on again, and the new model cannot pass the gate. A site admin names a set under Models.`;
    case 'few-testing':
      return t`Patients in the test part: ${count}. With fewer than ${needed} it can hardly be shown that the new model is better.`;
  }
}

/** Images of a reference set's project that are also trained on. */
export function replayText({
  name,
  images,
  patients,
}: TrainingReadiness['replay'][number]): string {
  const what = plural(images, { one: '# image', other: '# images' });
  const whose = plural(patients, { one: '# patient', other: '# patients' });
  return t`${what} of ${whose} from the project of the reference set “${name}” are also used for training, so that the new model does not forget them. The reference set itself is not used.`;
}

/** A line of a run's log. */
export function logText({ stage, epoch, loss, score }: TrainingRun['log'][number]): string {
  if (epoch == null) return stageText(stage ?? '');
  const lost = fixed(loss ?? 0, 3);
  if (score == null) return t`epoch ${epoch}: loss ${lost}`;
  const iou = fixed(score, 3);
  return t`epoch ${epoch}: loss ${lost}, IoU on the validation images ${iou}`;
}

/** The label of a run's stage. */
export function stageText(stage: string): string {
  switch (stage) {
    case 'reading':
      return t`reading the images`;
    case 'training':
      return t`training`;
    case 'mixing':
      return t`averaging with the old weights`;
    case 'packaging':
      return t`making the model`;
    case 'calibrating':
      return t`calibrating`;
    case 'fitting the domain':
      return t`learning which images it knows`;
    case 'quantising':
      return t`making the 8-bit model`;
    case 'verifying':
      return t`verifying the model`;
    case 'resumed':
      return t`continuing after an interruption`;
    default:
      return stageInWords(stage);
  }
}
