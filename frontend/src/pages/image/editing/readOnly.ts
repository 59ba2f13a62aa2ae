import { t } from '@lingui/core/macro';
import type { ImageDetail } from '../../../api/types';

/**
 * Why the drawing cannot be changed now, and what would change that; null if it can.
 *
 * @param looking the stored revision viewed instead of the drawing.
 */
export function whyReadOnly(image: ImageDetail | null, looking: number | null): string | null {
  if (looking !== null) return t`This is a stored revision. Go back to the drawing to change it.`;
  if (image?.may?.edit !== false) return null;
  if (image.reading?.state === 'submitted') return t`Submitted. Withdraw it to continue drawing`;
  if (image.state !== 'approved') {
    return image.draft
      ? t`This image was submitted and waits for a reviewer. Your drawing is kept.`
      : t`This image was submitted and waits for a reviewer.`;
  }
  return image.may.review
    ? t`This image is approved; return it to have it changed.`
    : t`This image is approved; a reviewer can return it to have it changed.`;
}
