// @vitest-environment jsdom
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '../api/types';
import { HttpServer } from '../testing/httpServer';
import { SegmentService } from '../testing/segmentService';
import { UploadQueue } from './queue';
import { sendFile } from './transport';
import { rememberUploads } from './uploadRecords';

let server: HttpServer;
let service: SegmentService;
let name: string;
let count = 0;
const ends: (() => Promise<void>)[] = [];

/** A page opened by a person: a queue that shares the server and the database. */
async function page(user = 'ada'): Promise<{ queue: UploadQueue; leave: () => Promise<void> }> {
  const ask = async (path: string): Promise<Job> => {
    const answer = await fetch(server.url + path);
    if (!answer.ok) throw new Error(`The server says ${answer.status}.`);
    return (await answer.json()) as Job;
  };
  const queue = new UploadQueue({
    send: (options) => sendFile({ ...options, baseUrl: server.url }),
    project: () => null,
    caseFor: () => 'Case 7',
    fetchJob: (id) => ask(`/jobs/${id}`),
    cancelJob: async () => {},
    retryJob: (id) => ask(`/jobs/${id}/retry`),
    backoffMs: [60_000],
    pollMs: 30,
  });
  const leave = await rememberUploads(queue, user, name);
  ends.push(leave);
  return { queue, leave };
}

beforeEach(async () => {
  service = new SegmentService();
  server = await HttpServer.start(service.handle);
  count += 1;
  name = `uploads-${count}`;
});

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await server.stop();
});

const DAY = Date.UTC(2026, 10, 1);
const png = (name: string, lastModified = DAY) =>
  new File([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)], name, { lastModified });
const states = (queue: UploadQueue) => queue.snapshot().map(({ state }) => state.is);
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 5 });

describe('after a reload', () => {
  it('knows which files of a batch did not arrive, and follows those that did', async () => {
    const first = await page();
    await first.queue.add([png('a.png')]);
    await until(() => expect(states(first.queue)).toEqual(['queued']));
    service.loseAnswers = 1;
    await first.queue.add([png('b.png'), new File(['%PDF'], 'c.pdf')]);
    await until(() => expect(states(first.queue)).toEqual(['queued', 'reconnecting', 'refused']));
    await first.leave();

    service.change('job-1', { position: 3 });
    const second = await page();
    const byName = () =>
      Object.fromEntries(second.queue.snapshot().map((one) => [one.name, one.state.is]));
    expect(byName()).toEqual({ 'a.png': 'queued', 'b.png': 'lost', 'c.pdf': 'refused' });
    queueDone(second.queue, 'job-1');
    expect(byName()).toMatchObject({ 'a.png': 'done' });
    await second.leave();

    const third = await page();
    expect(third.queue.snapshot().map((one) => one.name)).not.toContain('a.png');
  });

  it('continues with a file that is chosen again, as the same upload', async () => {
    const first = await page();
    service.loseAnswers = 1; // it arrived, but the page did not learn of it
    await first.queue.add([png('b.png')]);
    await until(() => expect(states(first.queue)).toEqual(['reconnecting']));
    await first.leave();

    const { queue } = await page();
    await queue.add([png('b.png', DAY + 1), png('b.png')]);
    await until(() => expect(states(queue)).toEqual(['queued', 'queued']));
    expect(service.jobs.size).toBe(2); // one of the changed file, one of both attempts
    expect(service.bodies.at(-1)).toContain('Case 7');
  });

  it('shows nothing to another person, and nothing after signing out', async () => {
    const first = await page('ada');
    await first.queue.add([new File(['%PDF'], 'Jane Doe.pdf')]);
    await until(() => expect(states(first.queue)).toEqual(['refused']));
    await first.leave();
    expect((await page('bob')).queue.snapshot()).toEqual([]);
    const back = await page('ada');
    expect(states(back.queue)).toEqual(['refused']);
    back.queue.clear();
    await back.leave();
    expect((await page('ada')).queue.snapshot()).toEqual([]);
  });
});

function queueDone(queue: UploadQueue, id: string): void {
  queue.hear(service.change(id, { state: 'done', image_id: 'i' }));
}
