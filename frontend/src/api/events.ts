import { createParser } from 'eventsource-parser';
import type { ImageNews, JobNews, PresenceNews } from './types';

export type ServerEvent =
  | { kind: 'job'; job: JobNews }
  | { kind: 'image'; image: ImageNews }
  | { kind: 'presence'; presence: PresenceNews }
  /** Sent on every connection, including the first: missed events must be fetched again. */
  | { kind: 'connected' }
  | { kind: 'disconnected' };

export interface EventStreamOptions {
  url?: string;
  onEvent: (event: ServerEvent) => void;
  onSignedOut: () => void;
  /**
   * A connection without a byte for this long is considered dead; the server sends a heartbeat
   * every 15 s.
   */
  silenceMs?: number;
  /** Waits before the 1st, 2nd, … attempt after a failure; the last one repeats. */
  backoffMs?: readonly number[];
}

const BACKOFF_MS = [500, 1_000, 2_000, 5_000, 10_000] as const;

/**
 * Server-sent events over fetch. The browser's EventSource gives up permanently on a 503, hides
 * heartbeats (so a dead connection looks alive) and cannot tell a 401 from a dropped network.
 */
export class EventStream {
  private abort: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private closed = false;

  constructor(private readonly options: EventStreamOptions) {}

  open(): void {
    this.closed = false;
    void this.connect();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.abort?.abort();
  }

  private async connect(): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    let connected = false;
    try {
      const answer = await fetch(this.options.url ?? '/events', {
        headers: { Accept: 'text/event-stream' },
        credentials: 'same-origin',
        cache: 'no-store',
        signal: abort.signal,
      });
      if (answer.status === 401) {
        if (!this.closed) this.options.onSignedOut();
        return;
      }
      if (!answer.ok || !answer.body) throw new Error(`events answered ${answer.status}`);
      connected = true;
      this.failures = 0;
      this.options.onEvent({ kind: 'connected' });
      await this.read(answer.body, abort);
    } catch {
      // Every way of losing the connection ends in the same reconnection below.
    }
    if (this.closed) return;
    if (connected) this.options.onEvent({ kind: 'disconnected' });
    const backoff = this.options.backoffMs ?? BACKOFF_MS;
    const wait = backoff[Math.min(this.failures, backoff.length - 1)] ?? 1_000;
    this.failures += 1;
    this.timer = setTimeout(() => void this.connect(), wait);
  }

  private async read(body: ReadableStream<Uint8Array>, abort: AbortController): Promise<void> {
    const parser = createParser({
      onEvent: (event) => {
        const parsed = parseEvent(event.event, event.data);
        if (parsed) this.options.onEvent(parsed);
      },
    });
    const reader = body.getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const watchdog = setTimeout(() => abort.abort(), this.options.silenceMs ?? 40_000);
      try {
        const { done, value } = await reader.read();
        if (done) return;
        parser.feed(decoder.decode(value, { stream: true }));
      } finally {
        clearTimeout(watchdog);
      }
    }
  }
}

/** An unknown or malformed event is ignored: an older page must work with a newer server. */
export function parseEvent(name: string | undefined, data: string): ServerEvent | null {
  try {
    if (name === 'job') return { kind: 'job', job: JSON.parse(data) as JobNews };
    if (name === 'image') return { kind: 'image', image: JSON.parse(data) as ImageNews };
    if (name === 'presence')
      return { kind: 'presence', presence: JSON.parse(data) as PresenceNews };
  } catch {
    return null;
  }
  return null;
}
