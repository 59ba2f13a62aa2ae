// @vitest-environment jsdom
import { afterEach, expect, it, vi } from 'vitest';
import type { ServerEvent } from '../api/events';
import { goLive, imageKey, liveState } from './live';
import { queryClient } from './queryClient';

let leave = () => {};
afterEach(() => leave());

it('fetches the open image again after events may have been missed', async () => {
  // Another tab holds the connection and passes on what it hears.
  Object.defineProperty(navigator, 'locks', { value: { request: () => new Promise(() => {}) } });
  const other = new BroadcastChannel('sonoloop-events');
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
