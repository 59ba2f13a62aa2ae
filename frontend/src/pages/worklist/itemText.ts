import type { ImageItem } from '../../api/types';

/** The pseudonym, or for an image without a subject the end of its id, where ids differ. */
export function itemName(item: Pick<ImageItem, 'id' | 'subject'>): string {
  return item.subject?.code ?? `Image ${item.id.slice(-6)}`;
}

export function lesionText(item: Pick<ImageItem, 'state' | 'lesion_count'>): string {
  if (item.state === 'unlabelled') return 'Not yet outlined';
  if (item.lesion_count === 0) return 'No lesion';
  return item.lesion_count === 1 ? '1 lesion' : `${item.lesion_count} lesions`;
}
