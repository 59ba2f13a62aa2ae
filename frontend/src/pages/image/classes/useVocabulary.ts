import { useEffect, useState } from 'react';
import type { LabelSet } from '../../../api/types';
import { useLabelSet } from '../../../app/labelSetQuery';
import type { Editor } from '../../../editor';
import { currentLanguage } from '../../../language/language';
import { withWords } from '../../../language/withWords';

/** Tells an editor what the project's label set has, in the language of the page. */
export function useVocabulary(editor: Editor | null, projectId: string | null): void {
  const set = useTranslated(useLabelSet(projectId));
  useEffect(() => {
    if (set) editor?.setVocabulary(set.classes, set.attributes);
  }, [editor, set]);
}

/** The ready sets are English; null until the words of another language are there. */
function useTranslated(set: LabelSet | null): LabelSet | null {
  const [translated, setTranslated] = useState<LabelSet | null>(null);
  const english = currentLanguage() === 'en';
  useEffect(() => {
    let wanted = set !== null && !english;
    if (set && wanted)
      withWords('panels', () => import('../../../app/readyTerms'))
        .then(({ inOwnWords }) => inOwnWords(set))
        .catch(() => set)
        .then((found) => {
          if (wanted) setTranslated(found);
        });
    return () => {
      wanted = false;
    };
  }, [set, english]);
  return english ? set : translated;
}
