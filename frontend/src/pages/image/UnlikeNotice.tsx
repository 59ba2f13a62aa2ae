import { t } from '@lingui/core/macro';
import type { ImageDetail } from '../../api/types';
import { modelsMask } from '../../editing/drawings';
import classes from './UnlikeNotice.module.css';

/** A notice that the model's answer means little for an image unlike its training images. */
export function UnlikeNotice({ image }: { image: ImageDetail | null }) {
  const result = modelsMask(image)?.result;
  if (!result?.out_of_domain) return null;
  return (
    <p className={classes.root} role="note">
      {result.lesions.length > 0
        ? t`This image differs from those that the model was trained on. Check every outline.`
        : t`This image differs from those that the model was trained on, so nothing was outlined.`}
    </p>
  );
}
