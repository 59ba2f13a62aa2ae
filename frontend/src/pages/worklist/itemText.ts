import { t } from '@lingui/core/macro';
import type { WorkItem } from '../../api/workflowTypes';
import { lesionsText } from '../../app/lesionsText';

/** The case or file name, else the pseudonym, else the end of the id, where ids differ. */
export function itemName(item: Pick<WorkItem, 'id' | 'subject' | 'local'>): string {
  return (
    item.local?.case ?? item.local?.name ?? item.subject?.code ?? t`Image ${item.id.slice(-6)}`
  );
}

/** Everything known about whose image it is. */
export function identityText(item: Pick<WorkItem, 'subject' | 'local'>): string {
  const parts = [item.local?.case, item.local?.name, item.subject?.code ?? t`Patient unknown`];
  return parts.filter(Boolean).join(' · ');
}

export function lesionText(item: {
  state: WorkItem['state'];
  lesion_count: WorkItem['lesion_count'];
  possible_count: WorkItem['possible_count'];
}): string {
  // A count is also missing while a person's revision is being measured.
  if (item.lesion_count === null) {
    return item.state === 'unlabelled' ? t`Not yet outlined` : t`Being measured`;
  }
  if (item.lesion_count === 0) return t`No lesion`;
  return lesionsText(item.lesion_count, item.possible_count ?? 0);
}
