import { plural, t } from '@lingui/core/macro';
import type { Reading, WorkImage, WorkMask } from '../../api/workflowTypes';

export interface Candidate {
  mask: WorkMask;
  /** Null for a consensus. */
  reading: Reading | null;
}

/** The revisions that a reviewer can decide on now: submitted ones, then consensuses. */
export function candidatesOf(image: Pick<WorkImage, 'masks' | 'readings' | 'state'>): Candidate[] {
  if (image.state !== 'submitted') return [];
  const handedIn = waitingReadings(image).flatMap((reading) => {
    const mask = image.masks.find(({ revision }) => revision === reading.submitted_revision);
    return mask ? [{ mask, reading }] : [];
  });
  const consensuses = image.masks
    .filter(({ source }) => source === 'consensus')
    .map((mask) => ({ mask, reading: null }));
  return [...handedIn, ...consensuses];
}

/** The readings awaiting a reviewer, on any frame. */
export function waitingReadings(image: Pick<WorkImage, 'readings' | 'state'>): Reading[] {
  if (image.state !== 'submitted') return [];
  return image.readings.filter((reading) => reading.state === 'submitted');
}

/** Whether two or more readings wait and have to be compared with each other. */
export function needsAdjudication(image: Pick<WorkImage, 'readings' | 'state'>): boolean {
  return waitingReadings(image).length > 1;
}

/** The author of a revision, as shown in lists. */
export function authorText(mask: Pick<WorkMask, 'source' | 'author' | 'model'>): string {
  if (mask.source === 'consensus') return t`Consensus`;
  if (mask.source === 'model')
    return mask.model ? `${mask.model.name} ${mask.model.version}` : t`Model`;
  return mask.author?.name ?? t`Somebody`;
}

/** The findings of a revision in one line. */
export function findingText(mask: Pick<WorkMask, 'answer' | 'answer_reason' | 'result'>): string {
  if (mask.answer === 'cannot-judge') {
    return mask.answer_reason ? t`Cannot judge: ${mask.answer_reason}` : t`Cannot judge`;
  }
  if (mask.answer === 'no-lesion') return t`No lesion`;
  if (mask.result === null) return t`Being measured`;
  const { lesions } = mask.result;
  if (lesions.length === 0) return t`No lesion`;
  return plural(lesions.length, { one: '1 lesion', other: '# lesions' });
}
