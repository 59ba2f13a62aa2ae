import { t } from '@lingui/core/macro';
import { commands, type Editor } from '../editor';
import type { Missing } from './missing';

/** Points that a reader may have overlooked in a drawing. None of them prevents submitting. */
export function hintsOn(editor: Editor): Missing[] {
  const hints: Missing[] = [];
  const undecided = editor.state.get().lesions.find(({ doubt }) => doubt !== undefined);
  if (undecided) {
    const { name, label } = undecided;
    const text = t`${name} is only a possible lesion. Keep or reject it, or submit again to leave it as it is.`;
    hints.push({ what: 'possible', lesion: label, text });
  }
  const [inPieces] = commands.lesionsInPieces(editor);
  if (inPieces) {
    const { name, label, parts } = inPieces;
    const text = t`${name} is in ${parts} separate areas. Split it, remove the stray ones, or submit again to keep them.`;
    hints.push({ what: 'pieces', lesion: label, text });
  }
  return hints;
}
