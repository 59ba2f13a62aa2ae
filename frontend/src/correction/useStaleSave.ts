import { t } from '@lingui/core/macro';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';
import { messageOf } from '../api/problem';
import { type Editing, useEditing } from '../editing/EditorContext';
import { imageQuery } from '../editing/imageQueries';
import { useCorrection } from './CorrectionContext';
import type { CorrectionSession } from './core/session';
import { type Merged, mySide, revisionSide, takeResult } from './mergeRequest';
import { takeRevision } from './takeUp';
import type { Revision } from './wire';

/** The action after the merge: draw on, or repeat the save that found the other revision. */
export type Then = 'draw' | 'save' | 'submit';

const ACTIONS: Record<Then, string> = {
  draw: t`Continue with this one`,
  save: t`Save on top of theirs`,
  submit: t`Submit on top of theirs`,
};

/** Opens the merge of the current drawing with another person's revision. */
export function useMergeWith(
  session: CorrectionSession | null,
): (theirs: Revision, then: Then) => void {
  const client = useQueryClient();
  const editing = useEditing();
  const latest = useRef<Editing>(editing);
  latest.current = editing;
  const { merge } = useCorrection();

  return useCallback(
    (theirs: Revision, then: Then) => {
      if (!session) return;
      const open = async () => {
        const { image } = session;
        // The page needs the revision on which the drawing will be based.
        const details = await client.fetchQuery({ ...imageQuery(image), staleTime: 0 });
        const parent = session.keeper.read().parentRevision;
        const common = details.masks.find(({ revision }) => revision === parent);
        const [other, base] = await Promise.all([
          revisionSide(client, image, theirs),
          common ? revisionSide(client, image, common) : null,
        ]);
        const finish = (result: Merged) => resolve(latest.current, session, theirs, result, then);
        merge({ mine: mySide(session), theirs: other, base, action: ACTIONS[then], finish });
      };
      open().catch((error) => {
        notifications.show({ color: 'red', message: t`Not compared: ${messageOf(error)}` });
      });
    },
    [client, session, merge],
  );
}

/** Opens the merge as soon as a save has found someone else's revision. */
export function useStaleSave(session: CorrectionSession): void {
  const mergeWith = useMergeWith(session);
  const { saver } = session;
  useEffect(
    () =>
      saver.state.subscribe(() => {
        const { phase, newest, submit } = saver.state.get();
        if (phase !== 'stale' || !newest) return;
        saver.dismiss();
        mergeWith(newest, submit ? 'submit' : 'save');
      }),
    [saver, mergeWith],
  );
}

function resolve(
  editing: Editing,
  session: CorrectionSession,
  theirs: Revision,
  result: Merged,
  then: Then,
): void {
  if (result.take === 'theirs') {
    // No own changes are left to save; undo still has them.
    takeRevision(editing, session, theirs, result.drawing);
    return;
  }
  takeResult(editing, session, result, theirs.revision);
  if (then !== 'draw') {
    void session.saver.save({ submit: then === 'submit', on: theirs.revision });
  }
}
