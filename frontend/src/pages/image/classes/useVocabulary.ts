import { useEffect } from 'react';
import { useLabelSet } from '../../../app/labelSetQuery';
import type { Editor } from '../../../editor';

/** Tells an editor what the project's label set has. */
export function useVocabulary(editor: Editor | null, projectId: string | null): void {
  const set = useLabelSet(projectId);
  useEffect(() => {
    if (set) editor?.setVocabulary(set.classes, set.attributes);
  }, [editor, set]);
}
