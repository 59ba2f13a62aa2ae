import { t } from '@lingui/core/macro';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { blackOut } from '../../../api/images';
import { sentenceOf } from '../../../api/problem';
import type { ImageDetail, Job } from '../../../api/types';
import { imageKey, refreshWork } from '../../../app/live';
import { useLiveJob } from '../../../app/useLiveJob';
import type { Area, Blackout } from '../../../editor';

/** Blacking out on the page of one image. */
export interface Redaction {
  /** The person may black out areas and keep suspected text. */
  may: boolean;
  /** Boxes that are drawn but not applied. */
  blackout: Blackout;
  /** Areas awaiting the person's confirmation; null if no question is open. */
  asked: readonly Area[] | null;
  ask: (areas: readonly Area[]) => void;
  dismiss: () => void;
  /** Sends the confirmed areas; this cannot be undone. */
  apply: () => void;
  sending: boolean;
  /** A worker is processing it. */
  working: boolean;
  error: Error | null;
}

export function useRedaction(
  imageId: string,
  image: ImageDetail | null,
  blackout: Blackout,
): Redaction {
  const client = useQueryClient();
  const [asked, setAsked] = useState<readonly Area[] | null>(null);
  const [sent, setSent] = useState<{ imageId: string; job: Job } | null>(null);
  const mine = sent?.imageId === imageId ? sent.job : null;

  const refresh = useCallback(() => {
    void client.invalidateQueries({ queryKey: imageKey(imageId) });
    refreshWork();
  }, [client, imageId]);
  const job = useLiveJob(mine?.links.self ?? '', mine?.state ?? 'done', refresh);
  const state = job?.state ?? mine?.state ?? null;
  const working = state === 'queued' || state === 'running';
  const failure =
    state === 'failed' ? (job?.problem ? sentenceOf(job.problem) : t`Try again.`) : null;

  useEffect(() => {
    if (state === 'done') {
      notifications.show({ message: t`Blacked out permanently.` });
      setSent(null);
    } else if (failure !== null) {
      notifications.show({ color: 'red', message: t`Nothing was blacked out. ${failure}` });
      setSent(null);
    }
  }, [state, failure]);

  const send = useMutation({
    mutationFn: (areas: readonly Area[]) => blackOut(imageId, areas),
    onSuccess: (made, areas) => {
      setAsked(null);
      setSent({ imageId, job: made });
      if (areas === blackout.state.get().areas) blackout.clear();
    },
  });
  const { mutate, reset, isPending, error } = send;

  // A confirmation for one image must not apply to another.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the image is the reason, not an input
  useEffect(() => {
    setAsked(null);
    reset();
  }, [imageId, reset]);

  const may = image?.may.redact === true;
  return useMemo(
    () => ({
      may,
      blackout,
      asked,
      ask: (areas) => {
        reset();
        setAsked(areas);
      },
      dismiss: () => setAsked(null),
      apply: () => {
        if (asked) mutate(asked);
      },
      sending: isPending,
      working,
      error,
    }),
    [may, blackout, asked, mutate, reset, isPending, working, error],
  );
}
