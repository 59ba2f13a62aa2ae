import { EventStream, type ServerEvent } from './events';

const LOCK = 'sonoloop-events';

/**
 * One event connection for all tabs. Browsers allow six connections per server over HTTP/1.1;
 * with one stream per tab the seventh tab would hang. The tab that holds the lock connects and
 * passes events on; when it closes, the next tab takes over. Without the Web Locks API (plain
 * http on another host) each tab connects by itself.
 */
export function openSharedEvents(
  onEvent: (event: ServerEvent) => void,
  onSignedOut: () => void,
): () => void {
  if (!('locks' in navigator) || !('BroadcastChannel' in globalThis)) {
    const stream = new EventStream({ onEvent, onSignedOut });
    stream.open();
    return () => stream.close();
  }

  const channel = new BroadcastChannel(LOCK);
  channel.onmessage = (message: MessageEvent<ServerEvent>) => onEvent(message.data);
  const abort = new AbortController();
  let release: () => void = () => {};

  navigator.locks
    .request(LOCK, { signal: abort.signal }, async () => {
      const stream = new EventStream({
        onEvent: (event) => {
          onEvent(event);
          channel.postMessage(event);
        },
        onSignedOut,
      });
      stream.open();
      await new Promise<void>((resolve) => {
        release = resolve;
        if (abort.signal.aborted) resolve();
      });
      stream.close();
    })
    .catch(() => {
      // Aborted while waiting for the lock: this tab was never the one connected.
    });

  return () => {
    abort.abort();
    release();
    channel.close();
  };
}
