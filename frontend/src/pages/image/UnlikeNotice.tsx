import type { ImageDetail } from '../../api/types';
import { modelsMask } from './editing/drawings';
import classes from './UnlikeNotice.module.css';

/** That the model's answer means little, where the image is unlike those it was trained on. */
export function UnlikeNotice({ image }: { image: ImageDetail | null }) {
  const result = modelsMask(image)?.result;
  if (!result?.out_of_domain) return null;
  return (
    <p className={classes.root} role="note">
      {result.lesions.length > 0
        ? 'This image is not like those the model was trained on: check every outline.'
        : 'This image is not like those the model was trained on, so it outlines nothing.'}
    </p>
  );
}
