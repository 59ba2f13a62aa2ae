import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HttpServer } from '../testing/httpServer';
import { EventStream, parseEvent, type ServerEvent } from './events';

let server: HttpServer;
let stream: EventStream;
let open: ServerResponse[] = [];
let statuses: number[] = [];
let events: ServerEvent[] = [];
let signedOut = 0;

beforeEach(async () => {
  open = [];
  statuses = [];
  events = [];
  signedOut = 0;
  server = await HttpServer.start((_request, response) => {
    const status = statuses.shift() ?? 200;
    response.writeHead(status, { 'Content-Type': 'text/event-stream' });
    if (status !== 200) {
      response.end();
      return;
    }
    response.write(': hello\n\n');
    open.push(response);
  });
  stream = new EventStream({
    url: `${server.url}/events`,
    onEvent: (event) => events.push(event),
    onSignedOut: () => {
      signedOut += 1;
    },
    backoffMs: [10, 20],
    silenceMs: 250,
  });
});

afterEach(async () => {
  stream.close();
  await server.stop();
});

/** A busy machine may take seconds for what usually takes milliseconds. */
const soon = (check: () => void) => vi.waitFor(check, 4_000);
const kinds = () => events.map((event) => event.kind);
const job = (id: string) => ({
  id,
  state: 'running',
  stage: 'network',
  progress: 0.5,
  position: null,
  image_id: null,
  duplicate: false,
  problem: null,
});
const send = (id: string) => open.at(-1)?.write(`event: job\ndata: ${JSON.stringify(job(id))}\n\n`);

describe('the event stream', () => {
  it('reports that it is connected, then passes jobs and images on', async () => {
    stream.open();
    await soon(() => expect(kinds()).toEqual(['connected']));
    send('a');
    open.at(-1)?.write('event: image\ndata: {"id":"i","change":"deleted"}\n\n');
    await soon(() => expect(kinds()).toEqual(['connected', 'job', 'image']));
    expect(events[1]).toEqual({ kind: 'job', job: job('a') });
  });

  it('reassembles an event that arrives in pieces', async () => {
    stream.open();
    await soon(() => expect(open).toHaveLength(1));
    const text = `event: job\ndata: ${JSON.stringify(job('ü'))}\n\n`;
    const bytes = Buffer.from(text);
    for (let i = 0; i < bytes.length; i += 7) {
      open.at(-1)?.write(bytes.subarray(i, i + 7));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await soon(() => expect(events.at(-1)).toEqual({ kind: 'job', job: job('ü') }));
  });

  it('reconnects after the connection broke, and reports each reconnection', async () => {
    stream.open();
    await soon(() => expect(kinds()).toEqual(['connected']));
    server.cut();
    await soon(() => expect(kinds()).toEqual(['connected', 'disconnected', 'connected']));
    send('b');
    await soon(() => expect(events.at(-1)).toEqual({ kind: 'job', job: job('b') }));
  });

  it('keeps trying if the server is not ready', async () => {
    statuses = [503, 502, 500];
    stream.open();
    await soon(() => expect(kinds()).toEqual(['connected']));
  });

  it('treats a connection without heartbeat as dead', async () => {
    stream.open();
    await soon(() => expect(open).toHaveLength(1));
    await soon(() => expect(open.length).toBeGreaterThan(1));
    expect(kinds().slice(0, 3)).toEqual(['connected', 'disconnected', 'connected']);
  });

  it('keeps a quiet connection that has heartbeats', async () => {
    stream.open();
    await soon(() => expect(open).toHaveLength(1));
    for (let i = 0; i < 8; i += 1) {
      open[0]?.write(': heartbeat\n\n');
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(open).toHaveLength(1);
  });

  it('stops when the session is over, and reports it', async () => {
    statuses = [401];
    stream.open();
    await soon(() => expect(signedOut).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(open).toHaveLength(0);
  });

  it('stays closed once closed', async () => {
    stream.open();
    await soon(() => expect(open).toHaveLength(1));
    stream.close();
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(open).toHaveLength(1);
    expect(kinds()).toEqual(['connected']);
  });
});

describe('an event', () => {
  it('of presence tells who has an image open', () => {
    const people = [{ id: 'a', name: 'A', editing: true, since: '2026-11-23T10:00:00Z' }];
    const data = JSON.stringify({ image_id: 'i', people });
    expect(parseEvent('presence', data)).toEqual({
      kind: 'presence',
      presence: { image_id: 'i', people },
    });
  });

  it('with an unknown name or broken data is ignored', () => {
    expect(parseEvent('weather', '{}')).toBeNull();
    expect(parseEvent('job', '{"id":')).toBeNull();
    expect(parseEvent(undefined, 'x')).toBeNull();
  });
});
