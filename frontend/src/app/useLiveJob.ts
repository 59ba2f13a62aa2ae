import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { fetchJob } from '../api/jobs';
import type { Job } from '../api/types';
import { jobKey } from './live';

const isFinal = (state: Job['state']): boolean => state !== 'queued' && state !== 'running';

/**
 * A job that continues while the page is open: fetched once, then kept up to date by its events.
 * @param path the job's address, "/jobs/…"
 * @param state from the list; a finished job is not fetched
 * @param onEnd called once when it ends while the page is open
 */
export function useLiveJob(path: string, state: Job['state'], onEnd: () => void): Job | null {
  const id = path.split('/').at(-1) ?? '';
  const { data } = useQuery({
    queryKey: jobKey(id),
    queryFn: ({ signal }) => fetchJob(id, signal),
    enabled: state !== 'done',
    // Events do the work; slow polling covers those lost by a broken connection.
    refetchInterval: (query) =>
      query.state.data && isFinal(query.state.data.state) ? false : 5_000,
  });
  const job = state === 'done' ? null : (data ?? null);
  const ended = !isFinal(state) && job !== null && isFinal(job.state);
  const told = useRef(false);
  useEffect(() => {
    if (!ended) told.current = false;
    else if (!told.current) {
      told.current = true;
      onEnd();
    }
  }, [ended, onEnd]);
  return job;
}
