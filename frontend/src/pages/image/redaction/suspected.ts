import { t } from '@lingui/core/macro';
import type { SuspectedArea, TextDetails } from '../../../api/types';
import type { Area } from '../../../editor';
import { comma } from '../../../language/language';
import type { NumberedBox } from '../../../viewer/textLayer';

/** Letters extend a little beyond the box detected around them. */
const MARGIN_PX = 2;

/** Each area with its number in the list and on the image, in the order of the list. */
export const numbered = (areas: readonly SuspectedArea[]) =>
  areas.map((area, index) => ({ area, number: index + 1 }));

/** The boxes to outline: those that nobody has judged. */
export function openBoxes(text: TextDetails | null): NumberedBox[] {
  return numbered(text?.suspected ?? [])
    .filter(({ area }) => area.judgement === null)
    .map(({ area: { top, left, height, width }, number }) => ({
      top,
      left,
      height,
      width,
      number,
    }));
}

/** The rectangle that blacks out an area, inside the frame. */
export function blackBoxFor(
  { top, left, height, width }: Pick<SuspectedArea, 'top' | 'left' | 'height' | 'width'>,
  frame: { width: number; height: number },
): Area {
  const from = { top: Math.max(0, top - MARGIN_PX), left: Math.max(0, left - MARGIN_PX) };
  return {
    kind: 'rectangle',
    ...from,
    height: Math.min(frame.height, top + height + MARGIN_PX) - from.top,
    width: Math.min(frame.width, left + width + MARGIN_PX) - from.left,
  };
}

const KINDS: Record<string, string> = {
  text: t`Text`,
  banner: t`Banner`,
  logo: t`Logo`,
  bar: t`Bar`,
  thumbnail: t`Thumbnail`,
};

export const kindText = (kind: string): string => KINDS[kind] ?? t`Something else`;

/** The text for blanked areas, e.g. "2 banners, text". */
export function blankedText(kinds: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kindText(kind), (counts.get(kindText(kind)) ?? 0) + 1);
  return [...counts]
    .map(([kind, count]) => (count > 1 ? `${kind} × ${count}` : kind))
    .join(comma());
}
