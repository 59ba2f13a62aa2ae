import { useEffect, useMemo } from 'react';
import { outlineAt, outlineBox, prepareDrawing, refineLesion } from '../../../api/interactive';
import type { Editor } from '../../../editor';
import { Assistant } from './assistant';

/** Nobody draws sooner, and the page itself comes first. */
export const PREPARE_AFTER_MS = 800;

/**
 * The assistant of an editor; what it still asks is forgotten with the editor.
 *
 * @param draws whether this person may draw here with the model's help
 */
export function useAssistant(
  imageId: string,
  editor: Editor | null,
  draws: boolean,
): Assistant | null {
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
  const ready = draws && editor !== null;
  useEffect(() => {
    if (!ready) return;
    // Without it the first answer takes longer.
    const prepare = () => void prepareDrawing(imageId).catch(() => {});
    const timer = setTimeout(prepare, PREPARE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [imageId, ready]);
  return assistant;
}
