import { t } from '@lingui/core/macro';
import type { ReadinessRemark } from '../../api/types';

/** What is missing or too little for a run, in the language of the page. */
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
      return t`No image validates yet. One patient in seven is drawn for validation; approve images of more patients.`;
    case 'few-lesion-free':
      return t`Training images without a lesion: ${count}. With fewer than ${needed} the new model keeps the old one’s answer to whether there is a lesion, and outlines as much in healthy tissue.`;
    case 'few-validating':
      return t`Patients who validate: ${count}. With fewer than ${needed} only half or a quarter of the new weights is taken, and no model is made where neither is better on these images.`;
    case 'few-testing':
      return t`Patients in the test part: ${count}. With fewer than ${needed} it can hardly be shown that the new model is better.`;
  }
}

/** What a run does now. */
export function stageText(stage: string): string {
  switch (stage) {
    case 'starting':
      return t`starting`;
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
    default:
      return stage;
  }
}
