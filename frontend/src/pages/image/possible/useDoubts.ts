import { useEffect } from 'react';
import type { Mask } from '../../../api/types';
import type { Doubt, Editor } from '../../../editor';

/**
 * Tells the editor which outlines the model calls more likely none, while the drawing is the
 * model's. What a person has saved is theirs, all of it.
 */
export function useDoubts(editor: Editor | null, mask: Mask | null): void {
  useEffect(() => editor?.setDoubts(doubtsOf(mask)), [editor, mask]);
}

function doubtsOf(mask: Mask | null): Doubt[] {
  if (mask?.source !== 'model') return [];
  return (mask.result?.lesions ?? [])
    .filter(({ possible }) => possible)
    .map(({ box, area_px, probability }) => ({
      box,
      area: area_px,
      probability: probability ?? 0,
    }));
}
