import { useEffect } from 'react';
import type { Mask } from '../../../api/types';
import type { Doubt, Editor } from '../../../editor';

/**
 * Marks in the editor the outlines that the model considers more likely not lesions, as long as the
 * drawing is the model's. Everything a person has saved counts as decided.
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
