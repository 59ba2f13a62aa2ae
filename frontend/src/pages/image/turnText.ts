import { t } from '@lingui/core/macro';
import type { Turn } from '../../viewer/turn';

/** The difference from the image as taken; null for none. */
export function turnText({ quarters, mirrored }: Turn): string | null {
  if (mirrored) {
    return [
      t`Flipped: left and right are swapped.`,
      t`Flipped and turned right by 90°.`,
      t`Flipped: top and bottom are swapped.`,
      t`Flipped and turned left by 90°.`,
    ][quarters] as string;
  }
  if (quarters === 0) return null;
  return [t`Turned right by 90°.`, t`Turned by 180°.`, t`Turned left by 90°.`][
    quarters - 1
  ] as string;
}
