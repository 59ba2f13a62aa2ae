// @vitest-environment jsdom
import { afterEach, expect, it, vi } from 'vitest';
import type { ServerEvent } from '../api/events';
import { goLive, imageKey, liveState, QUEUES_KEY } from './live';
import { queryClient } from './queryClient';

let leave = () => {};
afterEach(() => leave());

/** Passes events on like another tab that holds the connection. */
function otherTab(): BroadcastChannel {
  const locks = { request: () => new Promise(() => {}) };
  Object.defineProperty(navigator, 'locks', { value: locks, configurable: true });
  return new BroadcastChannel('sonoloop-events');
}

it('refetches the queue counts after somebody deleted an image', async () => {
  const other = otherTab();
  leave = goLive('somebody');
  queryClient.setQueryData(QUEUES_KEY, {});
  const image = { id: '1', change: 'deleted' };
  other.postMessage({ kind: 'image', image });
  await vi.waitFor(
    () => expect(queryClient.getQueryState(QUEUES_KEY)?.isInvalidated).toBe(true),
    4_000,
  );
  other.close();
});

it('refetches the open image after events may have been missed', async () => {
  const other = otherTab();
  const hear = (event: ServerEvent) => other.postMessage(event);
  leave = goLive('somebody');
  queryClient.setQueryData(imageKey('1'), { id: '1' });
  const stale = () => queryClient.getQueryState(imageKey('1'))?.isInvalidated;
  hear({ kind: 'disconnected' });
  await vi.waitFor(() => expect(liveState.get().connected).toBe(false), 4_000);
  expect(stale()).toBe(false);
  hear({ kind: 'connected' });
  await vi.waitFor(() => expect(stale()).toBe(true), 4_000);
  other.close();
});
