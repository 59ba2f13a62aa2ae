import { useEffect } from 'react';
import { useLabelSetInOwnWords } from '../../../app/labelSetQuery';
import type { Editor } from '../../../editor';

/** Passes the project's label set to an editor, in the language of the page. */
export function useVocabulary(editor: Editor | null, projectId: string | null): void {
  const set = useLabelSetInOwnWords(projectId);
  useEffect(() => {
    if (set) editor?.setVocabulary(set.classes, set.attributes);
  }, [editor, set]);
}
