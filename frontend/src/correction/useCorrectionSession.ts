import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { imageOf } from '../api/frameKey';
import { imageKey } from '../app/live';
import { presenceNews } from '../app/presenceNews';
import { useUser } from '../app/session';
import { holdPage, sessionLoss } from '../app/sessionLoss';
import { type Editing, useEditing } from '../editing/EditorContext';
import { correctionApi } from './core/correctionApi';
import type { Saved } from './core/revisionSaver';
import { CorrectionSession } from './core/session';
import { desk } from './theDesk';

/** The person who started to work: an expired session does not change the owner of the drawing. */
function useOwner(): string | null {
  const id = useUser()?.id ?? null;
  const [owner, setOwner] = useState(id);
  useEffect(() => {
    if (id && !owner) setOwner(id);
  }, [id, owner]);
  return owner ?? id;
}

/**
 * Opens a session for the page's editor, and closes it when another one replaces it. People who may
 * only view have a session too, so that others see their presence.
 */
export function useCorrectionSession(): CorrectionSession | null {
  const client = useQueryClient();
  const editing = useEditing();
  const owner = useOwner();
  const latest = useRef<Editing>(editing);
  latest.current = editing;
  const [session, setSession] = useState<CorrectionSession | null>(null);
  const { editor, imageId, activity } = editing;

  useEffect(() => {
    if (!editor || !owner) return;
    const { base, answerReason } = latest.current;
    const onSaved = ({ revision }: Saved) => {
      void client.invalidateQueries({ queryKey: imageKey(imageOf(imageId)) });
      // Ignore a save that was answered after the page moved on to the next image.
      if (latest.current.editor !== editor) return;
      const { source, author } = revision;
      latest.current.saved({ revision: revision.revision, source, author });
    };
    const opened = new CorrectionSession({
      user: owner,
      image: imageId,
      editor,
      activity,
      parentRevision: base.revision,
      answerReason,
      server: correctionApi(imageId),
      desk,
      onSaved,
      askToSignIn: () => sessionLoss.set({ lost: true, asking: true }),
    });
    desk.enter(opened);
    opened.presence.start();
    const letGo = holdPage();
    setSession(opened);
    return () => {
      setSession(null);
      desk.leave(opened);
      letGo();
    };
  }, [client, editor, imageId, activity, owner]);

  useEffect(() => {
    if (session) session.source.answerReason = editing.answerReason;
  }, [session, editing.answerReason]);

  useEffect(() => {
    if (!session) return;
    return presenceNews.subscribe(() => {
      const { last } = presenceNews.get();
      if (last?.image_id !== imageOf(session.image)) return;
      session.presence.hear(last.people.filter((person) => person.id !== session.user));
    });
  }, [session]);

  return session;
}
