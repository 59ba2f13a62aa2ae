import { useEffect, useMemo } from 'react';
import { outlineAt, outlineBox, refineLesion } from '../../../api/interactive';
import type { Editor } from '../../../editor';
import { Assistant } from './assistant';

/** The assistant of an editor; what it still asks is forgotten with the editor. */
export function useAssistant(imageId: string, editor: Editor | null): Assistant | null {
  const assistant = useMemo(
    () =>
      editor &&
      new Assistant(editor, {
        refine: (body, signal) => refineLesion(imageId, body, signal),
        box: (body, signal) => outlineBox(imageId, body, signal),
        point: (body, signal) => outlineAt(imageId, body, signal),
      }),
    [imageId, editor],
  );
  useEffect(() => () => void assistant?.cancel(), [assistant]);
  return assistant;
}
