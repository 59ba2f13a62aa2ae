import { t } from '@lingui/core/macro';
import type { Box } from './box';
import type { Editor } from './editor';
import { EditorError } from './setup';
import type { EditorLesion } from './state';

/**
 * Runs `change` as one step; an `EditorError` cancels the step and becomes the notice.
 * @param otherwise the notice if nothing changed
 * @returns whether anything changed
 */
export function step(
  editor: Editor,
  name: string,
  change: () => void,
  otherwise?: string | (() => string),
): boolean {
  editor.begin(name);
  try {
    change();
  } catch (error) {
    editor.cancel();
    if (!(error instanceof EditorError)) throw error;
    editor.notice(error.message);
    return false;
  }
  const changed = editor.commit();
  if (!changed && otherwise) {
    editor.notice(typeof otherwise === 'string' ? otherwise : otherwise());
  }
  return changed;
}

/**
 * The lesion that a command acts on: the given one, else the selected one, else the only one.
 * @throws EditorError if there is none
 */
export function lesionOf(editor: Editor, label: number | null | undefined): EditorLesion {
  const { lesions, selected } = editor.state.get();
  const wanted = label ?? selected;
  const only = lesions.length === 1 ? lesions[0] : undefined;
  const lesion = wanted === null ? only : lesions.find((one) => one.label === wanted);
  if (lesion) return lesion;
  throw new EditorError(
    lesions.length === 0
      ? t`No lesion is outlined yet: draw one first.`
      : t`Several lesions are outlined: click one, or press l, to say which.`,
  );
}

/** Like `lesionOf`, but the lesion must have pixels. @throws EditorError if it has none */
export function drawn(
  editor: Editor,
  label: number | null | undefined,
): EditorLesion & { box: Box } {
  const lesion = lesionOf(editor, label);
  if (!lesion.box) throw new EditorError(t`${lesion.name} has no pixels yet; draw it first.`);
  return { ...lesion, box: lesion.box };
}
