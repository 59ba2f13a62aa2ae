import { t } from '@lingui/core/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { frameOf, imageOf, placeOf } from '../../../api/place';
import { messageOf } from '../../../api/problem';
import type { ImageDetail } from '../../../api/types';
import { useShortcuts } from '../../../app/shortcuts';
import { commands, type Editor } from '../../../editor';
import { imageQuery } from '../imageQueries';
import { drawingQuery } from './drawings';
import { newestInLine } from './line';
import { priorsQuery } from './priorsQuery';

export const COPY_KEY = 'J';

/** Copying the outlines of what was looked at before: the frame of a cine, or the patient's image. */
export interface CopyBefore {
  /** What a button says; null where nothing lies before. */
  label: string | null;
  copy: () => void;
  busy: boolean;
}

export function useCopyBefore(
  place: string,
  image: ImageDetail | null,
  editor: Editor | null,
  readOnly: boolean,
): CopyBefore {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const frame = frameOf(place);
  const priors = useQuery(priorsQuery(image)).data;
  const prior = priors?.[0]?.id ?? null;
  const from = frame > 0 ? placeOf(imageOf(place), frame - 1) : prior;
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

  const label = frame > 0 ? t`Copy from the frame before` : t`Copy from the image before`;
  useShortcuts(
    t`Copy`,
    offered ? [{ keys: [COPY_KEY], shown: '⇧j', label, run: () => void copy() }] : [],
  );
  return { label: offered ? label : null, copy: () => void copy(), busy };
}
