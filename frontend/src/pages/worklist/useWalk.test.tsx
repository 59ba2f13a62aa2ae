// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { describe, expect, it } from 'vitest';
import type { WorkItem } from '../../api/workflowTypes';
import { sessionQuery } from '../../app/session';
import type { WorklistSearch } from './search';
import { useWalk } from './useWalk';
import { worklistQuery } from './useWorklist';

const SEARCH: WorklistSearch = { queue: 'to-review' };

/** @param handedIn images that await a reviewer */
function walk(ids: string, at: string, handedIn = '') {
  const client = new QueryClient({
    defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY, retry: false } },
  });
  client.setQueryData(sessionQuery.queryKey, null);
  const list = (listed: string) => {
    const items = [...listed].map((id) => {
      const state = handedIn.includes(id) ? 'submitted' : 'predicted';
      return { id, state, readers: [] as WorkItem['readers'] } as WorkItem;
    });
    const page = {
      items,
      total: items.length,
      total_is_capped: false,
      by_uncertainty: true,
      next_cursor: null,
    };
    client.setQueryData(worklistQuery(SEARCH, null).queryKey, {
      pages: [page],
      pageParams: [null],
    });
  };
  list(ids);
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const { result, rerender } = renderHook(({ id }) => useWalk(id, SEARCH), {
    wrapper,
    initialProps: { id: at },
  });
  return {
    now: () => [result.current.previous, result.current.place, result.current.next],
    nextOpen: () => result.current.nextOpen,
    list: async (listed: string) => {
      await act(async () => {
        list(listed);
        // The cache notifies its observers in a timer.
        await new Promise((resolve) => setTimeout(resolve, 5));
      });
    },
    go: (id: string) => rerender({ id }),
  };
}

describe('walking a queue', () => {
  it('has the neighbours in the list, and none beyond its ends', () => {
    expect(walk('abc', 'b').now()).toEqual(['a', 2, 'c']);
    expect(walk('abc', 'a').now()).toEqual([null, 1, 'b']);
    expect(walk('abc', 'c').now()).toEqual(['b', 3, null]);
  });

  it('continues from the old position after the image leaves the queue', async () => {
    const walked = walk('abcd', 'b');
    await walked.list('acd');
    expect(walked.now()).toEqual(['a', null, 'c']);
    walked.go('c');
    expect(walked.now()).toEqual(['a', 2, 'd']);
  });

  it('also skips neighbours that have left', async () => {
    const walked = walk('abcd', 'b');
    await walked.list('d');
    expect(walked.now()).toEqual([null, null, 'd']);
    await walked.list('');
    expect(walked.now()).toEqual([null, null, null]);
  });

  it('continues to what is still open, from the top again at the end, until nothing is', () => {
    expect(walk('abcd', 'a', 'bc').nextOpen()).toBe('d');
    expect(walk('abcd', 'c', 'd').nextOpen()).toBe('a');
    expect(walk('abcd', 'c', 'abd').nextOpen()).toBeNull();
  });

  it('has no neighbours for an image that was never in the queue', () => {
    expect(walk('abc', 'x').now()).toEqual([null, null, null]);
  });
});
