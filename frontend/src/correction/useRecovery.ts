import { t } from '@lingui/core/macro';
import { notifications } from '@mantine/notifications';
import { useCallback, useEffect, useRef, useState } from 'react';
import { messageOf } from '../api/problem';
import { useEditing } from '../editing/EditorContext';
import type { Drawing } from './core/drawing';
import { type Candidate, findUnsaved, type Recovery } from './core/recovery';
import type { CorrectionSession } from './core/session';
import { useCorrectedImage } from './correctedImage';
import { takeUp } from './takeUp';
import { desk } from './theDesk';

/** The question for the person. */
export interface Question extends Recovery {
  /** The drawing that the page otherwise shows: the newest revision. */
  newest: Drawing;
}

export interface Asking {
  question: Question | null;
  /** Continues with that drawing; older ones become earlier steps in the undo history. */
  goOn: (chosen: Candidate) => void;
  /** Discards all of them; this can be undone for some seconds. */
  discard: () => Promise<void>;
}

const WAY_BACK_MS = 15_000;
/** The name of the step that restores a recovered drawing. */
const CONTINUE = t`Continue draft`;

/** Looks for unsaved drawings when an image is opened, and carries out the person's decision. */
export function useRecovery(session: CorrectionSession | null): Asking {
  const editing = useEditing();
  const latest = useRef(editing);
  latest.current = editing;
  const [asked, setAsked] = useState<{ session: CorrectionSession; question: Question } | null>(
    null,
  );
  const release = useRef<() => void>(() => {});
  const image = useCorrectedImage(editing.imageId);
  // A drawing of a submitted image waits until drawing is allowed again.
  const mayEdit = image?.may.edit === true;

  useEffect(() => {
    if (!session || !mayEdit) return;
    let current = true;
    const newest = session.keeper.read();
    const look = async () => {
      const { user, image: imageId, server } = session;
      // Until the server's draft is known, a new draft could only conflict with it.
      const [letGo] = await Promise.all([session.keeper.hold(), desk.prepare(session)]);
      const found = await findUnsaved({
        user,
        image: imageId,
        server,
        local: desk.local,
        newest,
      });
      if (!current) {
        letGo();
        return;
      }
      session.keeper.follow(found.version);
      const [only, ...more] = found.candidates;
      if (!only) {
        letGo();
      } else if (more.length === 0 && desk.wasDrawnOn(user, imageId)) {
        // The person switched pages and returned: asking would only disturb.
        takeUp(latest.current, session, CONTINUE, only.drawing);
        letGo();
      } else {
        release.current = letGo;
        setAsked({ session, question: { ...found, newest } });
      }
    };
    void look();
    return () => {
      current = false;
      release.current();
      setAsked(null);
    };
  }, [session, mayEdit]);

  const question = asked && asked.session === session ? asked.question : null;

  const finish = useCallback(async () => {
    release.current();
    release.current = () => {};
    setAsked(null);
    if (!session || !question) return;
    // The old records may be removed only after the drawing is stored again.
    await session.keeper.allWritten();
    for (const record of question.records) {
      const own = record.tab === desk.tab;
      if (!own) await desk.local.remove(record, record.sequence).catch(() => {});
    }
  }, [session, question]);

  const goOn = useCallback(
    (chosen: Candidate) => {
      if (!session || !question) return;
      const others = question.candidates.filter((one) => one !== chosen);
      for (const one of [...others.reverse(), chosen]) {
        takeUp(latest.current, session, CONTINUE, one.drawing);
      }
      void finish();
    },
    [session, question, finish],
  );

  const discard = useCallback(async () => {
    if (!session || !question) return;
    const { candidates, records, version } = question;
    try {
      if (version > 0) await session.server.deleteDraft();
      for (const record of records) await desk.local.remove(record);
    } catch (error) {
      notifications.show({ color: 'red', message: t`Could not discard: ${messageOf(error)}` });
      return;
    }
    session.keeper.follow(0);
    void finish();
    offerWayBack(() => {
      if (latest.current.imageId !== session.image) return;
      for (const one of [...candidates].reverse()) {
        takeUp(latest.current, session, t`Restore draft`, one.drawing);
      }
    });
  }, [session, question, finish]);

  return { question, goOn, discard };
}

function offerWayBack(undo: () => void): void {
  const id = notifications.show({
    message: t`Discarded. Click here to restore the drawing.`,
    autoClose: WAY_BACK_MS,
    onClick: () => {
      notifications.hide(id);
      undo();
    },
  });
}
