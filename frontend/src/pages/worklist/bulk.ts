import { plural, t } from '@lingui/core/macro';
import { notifications } from '@mantine/notifications';
import {
  actOnImages,
  type BulkKind,
  type BulkResult,
  type Chosen,
  type Matching,
  undoBulkAct,
} from '../../api/bulk';
import type { SessionUser } from '../../api/types';
import { refreshWork } from '../../app/live';
import { offerUndo } from '../../app/undoToast';
import { currentLanguage } from '../../language/language';
import { sentences } from '../../language/sentences';
import { imagesQuery, type WorklistSearch } from './search';
import type { Selection } from './useSelection';
import { wantedText } from './wantedText';

/** Maximum number of images per action; the server refuses more. */
export const MOST_AT_ONCE = 5000;

/** The selected images in the server's format: by id, or by the filters of the list. */
export function chosenOf(
  selection: Selection,
  search: WorklistSearch,
  user: SessionUser | null,
): Chosen {
  if (selection.allBut === null) return { image_ids: [...selection.ids] };
  const { sort: _, ...query } = imagesQuery(search, user);
  const { text } = wantedText.get();
  const given = Object.entries({ ...query, search: text || undefined }).filter(
    ([, value]) => value !== undefined,
  );
  return {
    matching: Object.fromEntries(given) as Matching,
    leave_out: [...selection.allBut],
  };
}

const images = (count: number): string => plural(count, { one: '# image', other: '# images' });

function doneText(act: BulkKind, count: number): string {
  const some = images(count);
  switch (act) {
    case 'assign':
      return t`${some} assigned.`;
    case 'approve':
      return t`${some} approved.`;
    case 'archive':
      return t`${some} archived.`;
    case 'unarchive':
      return t`${some} taken out of the archive.`;
    case 'delete':
      return t`${some} deleted.`;
  }
}

/** Why an image was skipped, by problem code. */
const REASONS: Record<string, string> = {
  'not-submitted': t`not waiting for a review`,
  'own-reading': t`your own work`,
  'two-readings': t`two readings to compare`,
  'two-readers': t`two readers needed`,
  'blind-open': t`a blinded reader is still working`,
  approved: t`approved already`,
  archived: t`in the archive`,
  'already-read': t`read by somebody who is not blinded`,
  'not-owner': t`belong to somebody else`,
  'others-work': t`others have drawn on them`,
  'no-change': t`already in this state`,
  'too-late': t`changed since`,
  'uploaded-again': t`uploaded again since`,
};

/** How many images were skipped, and why; empty if none were. */
export function skippedText(skipped: BulkResult['skipped']): string {
  const count = skipped.reduce((sum, one) => sum + one.images, 0);
  if (count === 0) return '';
  const parts = skipped.map(({ code, images: n }) => {
    const reason = REASONS[code] ?? t`not possible`;
    return skipped.length === 1 ? reason : `${reason} (${n.toLocaleString(currentLanguage())})`;
  });
  const reasons = new Intl.ListFormat(currentLanguage(), { type: 'unit' }).format(parts);
  return plural(count, {
    one: `# image was left as it is: ${reasons}.`,
    other: `# images were left as they are: ${reasons}.`,
  });
}

/**
 * Applies one action to many images in one request, reports the result and offers an undo.
 * @returns the number of images it was applied to
 */
export async function actAndOfferUndo(
  act: BulkKind,
  chosen: Chosen,
  assign?: Parameters<typeof actOnImages>[2],
): Promise<number> {
  const done = await actOnImages(act, chosen, assign).finally(refreshWork);
  const message = sentences(
    done.images > 0 ? doneText(act, done.images) : t`Nothing was changed.`,
    skippedText(done.skipped),
  );
  if (done.images === 0) {
    notifications.show({ message, color: 'yellow' });
    return 0;
  }
  let undone = t`Undone.`;
  offerUndo({
    message,
    undo: async () => {
      const back = await undoBulkAct(done.id).finally(refreshWork);
      const some = images(back.images);
      undone = sentences(t`Undone for ${some}.`, skippedText(back.skipped));
    },
    undone: () => undone,
  });
  return done.images;
}
