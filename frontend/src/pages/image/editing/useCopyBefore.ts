import { t } from '@lingui/core/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { frameKeyOf, frameOf, imageOf } from '../../../api/frameKey';
import { messageOf } from '../../../api/problem';
import type { ImageDetail } from '../../../api/types';
import { COMMANDS } from '../../../app/commands';
import { on, useShortcuts } from '../../../app/shortcuts';
import { drawingQuery } from '../../../editing/drawings';
import { imageQuery } from '../../../editing/imageQueries';
import { newestInLine } from '../../../editing/line';
import { commands, type Editor } from '../../../editor';
import { priorsQuery } from './priorsQuery';

/** Copying outlines from the previous frame of a cine, or from the patient's previous image. */
export interface CopyBefore {
  /** The button's text; null if there is no previous frame or image. */
  label: string | null;
  copy: () => void;
  busy: boolean;
}

export const NO_PRIOR = t`There is no earlier image of this patient.`;

export function useCopyBefore(
  frameKey: string,
  image: ImageDetail | null,
  editor: Editor | null,
  readOnly: boolean,
): CopyBefore {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const frame = frameOf(frameKey);
  const priors = useQuery(priorsQuery(image)).data;
  const prior = priors?.[0]?.id ?? null;
  const from = frame > 0 ? frameKeyOf(imageOf(frameKey), frame - 1) : prior;
  const offered = readOnly ? null : from;

  const copy = useCallback(async () => {
    if (!editor || !offered || busy) return;
    setBusy(true);
    try {
      const before = await client.fetchQuery({ ...imageQuery(offered), staleTime: 5_000 });
      const newest = newestInLine(before);
      if (!newest) {
        editor.notice(t`Nothing is outlined there yet.`);
        return;
      }
      commands.copyOutlines(editor, await client.fetchQuery(drawingQuery(offered, newest)));
    } catch (error) {
      editor.notice(messageOf(error));
    } finally {
      setBusy(false);
    }
  }, [client, editor, offered, busy]);

  const label = frame > 0 ? t`Copy from the previous frame` : t`Copy from the previous image`;
  useShortcuts(
    COMMANDS['copy-before'].group,
    readOnly
      ? []
      : [{ ...on('copy-before', () => (offered ? void copy() : editor?.notice(NO_PRIOR))), label }],
  );
  return { label: offered ? label : null, copy: () => void copy(), busy };
}
