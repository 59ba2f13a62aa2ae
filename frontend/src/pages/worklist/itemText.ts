import type { WorkItem } from '../../api/workflowTypes';

/** The pseudonym, or for an image without a subject the end of its id, where ids differ. */
export function itemName(item: Pick<WorkItem, 'id' | 'subject'>): string {
  return item.subject?.code ?? `Image ${item.id.slice(-6)}`;
}

export function lesionText(item: {
  state: WorkItem['state'];
  lesion_count: WorkItem['lesion_count'];
}): string {
  // A count is missing while a person's revision is being measured, too.
  if (item.lesion_count === null) {
    return item.state === 'unlabelled' ? 'Not yet outlined' : 'Being measured';
  }
  if (item.lesion_count === 0) return 'No lesion';
  return item.lesion_count === 1 ? '1 lesion' : `${item.lesion_count} lesions`;
}
