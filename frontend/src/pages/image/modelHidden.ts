import type { ImageDetail } from '../../api/types';

/** A model has outlined the image, and its project shows readers nothing of that until they submit. */
export const modelHidden = ({ model, lesion_count }: ImageDetail): boolean =>
  model !== null && lesion_count === null;
