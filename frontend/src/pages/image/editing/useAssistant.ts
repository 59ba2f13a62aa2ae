import { useEffect, useMemo } from 'react';
import { outlineAt, outlineBox, prepareDrawing, refineLesion } from '../../../api/interactive';
import type { Editor } from '../../../editor';
import { Assistant } from './assistant';

/** Nobody draws earlier, and loading the page itself takes precedence. */
export const PREPARE_AFTER_MS = 800;

/**
 * The assistant of an editor; its pending question is cancelled when the editor goes away.
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
    // Otherwise the first answer takes longer.
    const prepare = () => void prepareDrawing(imageId).catch(() => {});
    const timer = setTimeout(prepare, PREPARE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [imageId, ready]);
  return assistant;
}
