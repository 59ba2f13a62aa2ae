import { t } from '@lingui/core/macro';
import type { QueryClient } from '@tanstack/react-query';
import { drawingQuery } from '../editing/drawings';
import type { Editing } from '../editing/EditorContext';
import { imageQuery } from '../editing/imageQueries';
import { revisionNumber } from '../editing/revisionNumber';
import { type Content, contentOf } from '../editor';
import type { CorrectionSession } from './core/session';
import { authorOf } from './correctedImage';
import type { Assessment, DraftDetails, Revision } from './wire';

/** Another person's drawing, compared with one's own. */
export interface Side extends Content {
  title: string;
  answer: Assessment | null;
  answerReason: string | null;
}

/** Two drawings to be merged. */
export interface MergeRequest {
  mine: Side;
  theirs: Side;
  /** The common ancestor; null if there is none. */
  base: Side | null;
  /** Receives the result; `null` for one's own drawing unchanged. */
  finish: (result: Merged) => void;
  /** The text of the button that finishes the merge. */
  action: string;
}

export interface Merged {
  take: 'mine' | 'theirs' | 'merged';
  drawing: Content;
  answer: Assessment;
  answerReason: string | null;
}

export function mySide(session: CorrectionSession): Side {
  const { labels, answer, answerReason } = session.keeper.read();
  return { ...contentOf(labels), title: t`Mine`, answer, answerReason };
}

export function draftSide(draft: DraftDetails): Side {
  return {
    ...contentOf(draft.labels),
    title: t`The other one`,
    answer: draft.answer,
    answerReason: draft.answer_reason,
  };
}

export async function revisionSide(
  client: QueryClient,
  imageId: string,
  revision: Revision,
): Promise<Side> {
  const drawing = await client.fetchQuery(drawingQuery(imageId, revision));
  const seen = client.getQueryData(imageQuery(imageId).queryKey)?.masks;
  return {
    ...drawing,
    title: t`${authorOf(revision)}, revision ${revisionNumber(seen, revision.revision)}`,
    answer: revision.answer ?? 'lesions',
    answerReason: revision.answer_reason,
  };
}

/** Puts the result into the editor as one step, based on the other person's revision. */
export function takeResult(
  editing: Editing,
  session: CorrectionSession,
  result: Merged,
  baseRevision: number | null,
): void {
  session.source.parentRevision = baseRevision;
  const { editor } = editing;
  if (!editor) return;
  editing.load(t`Merge`, result.drawing, baseRevision);
  if (editor.state.get().answer !== result.answer) editing.setAnswer(result.answer);
  session.source.answerReason = result.answerReason ?? '';
  editing.setAnswerReason(result.answerReason ?? '');
}
