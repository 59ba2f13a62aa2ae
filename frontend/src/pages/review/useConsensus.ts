import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { imageOf } from '../../api/frameKey';
import { fetchJob } from '../../api/jobs';
import { sentenceOf } from '../../api/problem';
import { makeConsensus } from '../../api/reviews';
import type { ConsensusMethod } from '../../api/workflowTypes';
import { imageKey, jobKey } from '../../app/live';

const LOOK_MS = 1_000;

/** Requests a consensus and follows its job; the new revision then arrives with the image. */
export function useConsensus(frameKey: string, revisions: number[]) {
  const client = useQueryClient();
  const ask = useMutation({
    mutationFn: (method: ConsensusMethod) => makeConsensus(frameKey, method, revisions),
  });
  const id = ask.data?.id ?? null;
  const job = useQuery({
    queryKey: jobKey(id ?? ''),
    queryFn: ({ signal }) => fetchJob(id ?? '', signal),
    enabled: id !== null,
    refetchInterval: (query) => {
      const state = query.state.data?.state;
      return state === undefined || state === 'queued' || state === 'running' ? LOOK_MS : false;
    },
  }).data;
  const state = job?.state;
  useEffect(() => {
    if (state === 'done') void client.invalidateQueries({ queryKey: imageKey(imageOf(frameKey)) });
  }, [client, frameKey, state]);

  const working =
    ask.isPending ||
    (id !== null && (state === undefined || state === 'queued' || state === 'running'));
  const problem = state === 'failed' ? new Error(sentenceOf(job?.problem)) : null;
  return { make: ask.mutate, method: ask.variables ?? null, working, error: ask.error ?? problem };
}
