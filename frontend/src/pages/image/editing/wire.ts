// What the drawing needs of an image beyond the shapes that every page reads.
import type { ImageDetail, Mask, Person } from '../../../api/types';
import type { Answer } from '../../../editor';

export type Revision = Mask & {
  author?: Person | null;
  answer?: Answer | null;
  answer_reason?: string | null;
};

export type CorrectedImage = Omit<ImageDetail, 'masks'> & {
  masks: Revision[];
  /** What the person may do with the image; absent means all. */
  may?: { edit: boolean; submit: boolean; delete: boolean };
};
