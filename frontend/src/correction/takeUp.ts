import { t } from '@lingui/core/macro';
import type { Editing } from '../editing/EditorContext';
import { type Content, contentOf } from '../editor';
import type { Drawing } from './core/drawing';
import type { CorrectionSession } from './core/session';
import type { Revision } from './wire';

/**
 * Puts a stored drawing into the editor, as a step that undo reverts. It is based on its own
 * parent, so that saving detects later revisions.
 * @param step its name in the undo history
 */
export function takeUp(
  editing: Editing,
  session: CorrectionSession,
  step: string,
  drawing: Pick<Drawing, 'labels' | 'answer' | 'answerReason' | 'parentRevision'> & {
    seconds?: number;
  },
): void {
  const { labels, answer, answerReason, parentRevision, seconds = 0 } = drawing;
  session.source.parentRevision = parentRevision;
  session.source.continueAfter(seconds);
  editing.load(step, contentOf(labels), parentRevision);
  if (answer && answer !== editing.editor?.state.get().answer) editing.setAnswer(answer);
  if (!answerReason) return;
  // The page's state follows at its next render; a save may happen before that.
  session.source.answerReason = answerReason;
  editing.setAnswerReason(answerReason);
}

/** Puts a stored revision into the editor, which is then based on it and has no changes. */
export function takeRevision(
  editing: Editing,
  session: CorrectionSession,
  revision: Revision,
  drawing: Content,
): void {
  const { source, author, answer, answer_reason } = revision;
  editing.load(t`Use saved revision`, drawing, revision.revision);
  if (answer && answer !== editing.editor?.state.get().answer) editing.setAnswer(answer);
  session.source.answerReason = answer_reason ?? '';
  editing.setAnswerReason(answer_reason ?? '');
  editing.saved({ revision: revision.revision, source, author });
  session.source.savedAs(revision.revision, true);
  // The drawing now equals a revision: its draft is no longer needed.
  session.keeper.recheck();
}
