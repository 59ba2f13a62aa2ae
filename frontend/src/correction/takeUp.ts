import { decodeRuns } from '../editor';
import type { Editing } from '../pages/image/editing/EditorContext';
import { type Drawing, saidBy } from './core/drawing';
import type { Named } from './core/merge';
import type { CorrectionSession } from './core/session';
import type { Revision, Said } from './wire';

/**
 * Puts a stored drawing into the editor, as a step that undo takes back. It is based on its own
 * parent, so that saving meets whatever came since.
 * @param step what undo calls it
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
  session.source.said = saidBy(labels);
  session.source.continueAfter(seconds);
  const map = decodeRuns(labels.runs, labels.width, labels.height);
  editing.load(step, map, labels.names, parentRevision, labels.classes);
  if (answer && answer !== editing.editor?.state.get().answer) editing.setAnswer(answer);
  if (!answerReason) return;
  // The page's state follows with its next rendering; a save may come before.
  session.source.answerReason = answerReason;
  editing.setAnswerReason(answerReason);
}

/** Puts a stored revision into the editor, which from then on is based on it and has no changes. */
export function takeRevision(
  editing: Editing,
  session: CorrectionSession,
  revision: Revision,
  { map, names, said = {} }: Named & { said?: Said },
): void {
  const { source, author, answer, answer_reason } = revision;
  editing.load('Take saved revision', map, names, revision.revision, said.classes);
  if (answer && answer !== editing.editor?.state.get().answer) editing.setAnswer(answer);
  session.source.said = said;
  session.source.answerReason = answer_reason ?? '';
  editing.setAnswerReason(answer_reason ?? '');
  editing.saved({ revision: revision.revision, source, author });
  session.source.savedAs(revision.revision, true);
  // What is drawn equals a revision now: its draft is of no more use.
  session.keeper.recheck();
}
