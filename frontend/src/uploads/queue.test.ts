// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '../api/types';
import { HttpServer } from '../testing/httpServer';
import { SegmentService } from '../testing/segmentService';
import { placeIn } from './droppedFiles';
import { UploadQueue } from './queue';
import { sendFile } from './transport';
import type { Upload } from './upload';

let server: HttpServer;
let service: SegmentService;
let queue: UploadQueue;

async function ask(path: string, method = 'GET'): Promise<Job> {
  const answer = await fetch(server.url + path, { method });
  if (!answer.ok) throw new Error(`The server says ${answer.status}.`);
  return (answer.status === 204 ? undefined : await answer.json()) as Job;
}

beforeEach(async () => {
  service = new SegmentService();
  server = await HttpServer.start(service.handle);
  queue = new UploadQueue({
    send: (options) => sendFile({ ...options, baseUrl: server.url }),
    project: () => null,
    caseFor: () => null,
    fetchJob: (id) => ask(`/jobs/${id}`),
    cancelJob: async (id) => {
      await ask(`/jobs/${id}`, 'DELETE');
    },
    retryJob: (id) => ask(`/jobs/${id}/retry`, 'POST'),
    backoffMs: [10, 20, 40],
    pollMs: 30,
  });
});

afterEach(async () => {
  queue.clear();
  await server.stop();
});

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 1, 2, 3, 4);
const png = (name: string) => new File([PNG], name, { type: 'image/png' });
const one = (): Upload => {
  const upload = queue.snapshot()[0];
  if (!upload) throw new Error('nothing in the queue');
  return upload;
};
const states = () => queue.snapshot().map((upload) => upload.state.is);
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 5 });

describe('a dropped folder', () => {
  it('sets aside unchosen files that are not images, and still refuses broken ones', async () => {
    const files = [
      png('a.png'),
      new File(['%PDF-1.7 report'], 'report.pdf'),
      new File([], 'b.png'),
      new File(['%PDF-1.7 letter'], 'chosen.pdf'),
    ];
    for (const file of files.slice(0, 3)) placeIn(file, ['study', 'case 7']);
    await queue.add(files);
    await until(() => expect(states()).toEqual(['queued', 'skipped', 'refused', 'refused']));
    queue.dismissFinished();
    expect(states()).toEqual(['queued', 'refused', 'refused']);
  });
});

describe('sending', () => {
  it("takes a file from the person to the server's queue", async () => {
    await queue.add([png('Jane Doe 1960.png')]);
    await until(() => expect(one().state).toEqual({ is: 'queued', position: 0 }));
    expect(service.jobs.size).toBe(1);
  });

  it('sends the file name as a field to be sealed, never as the name of a part', async () => {
    await queue.add([png('Jane Doe 1960.png')]);
    await until(() => expect(states()).toEqual(['queued']));
    expect(service.bodies[0]).toContain('name="name"\r\n\r\nJane Doe 1960.png');
    expect(service.bodies[0]?.split('Jane')).toHaveLength(2);
    expect(service.bodies[0]).toContain('filename="image"');
    expect(service.bodies[0]).toContain('Content-Type: image/png');
  });

  it('has at most three uploads in progress at a time', async () => {
    service.hold = true;
    await queue.add(Array.from({ length: 8 }, (_, i) => png(`${i}.png`)));
    await until(() => expect(service.waiting).toHaveLength(3));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(service.waiting).toHaveLength(3);
    expect(states().filter((state) => state === 'waiting')).toHaveLength(5);
    service.hold = false;
    service.release();
    await until(() => expect(states()).toEqual(Array(8).fill('queued')));
  });

  it('refuses an impossible file without asking the server, and sends the others', async () => {
    await queue.add([new File(['%PDF-1.7'], 'report.pdf'), png('a.png')]);
    await until(() => expect(states()).toEqual(['refused', 'queued']));
    expect(service.bodies).toHaveLength(1);
  });
});

describe('a failing network', () => {
  it('creates one job per file although the first answer was lost', async () => {
    service.loseAnswers = 2;
    await queue.add([png('a.png')]);
    await until(() => expect(states()).toEqual(['queued']));
    expect(service.bodies).toHaveLength(3);
    expect(service.jobs.size).toBe(1);
  });

  it('continues a large file after the parts that arrived', async () => {
    const size = 20 * 1024 * 1024;
    const data = new Uint8Array(size);
    data.set(PNG);
    service.loseParts = 2;
    await queue.add([new File([data], 'large.png', { type: 'image/png' })]);
    await until(() => expect(states()).toEqual(['queued']));
    expect(service.parts).toEqual([8, 8, 4].map((mib) => mib * 1024 * 1024));
    expect(service.bodies[0]).toContain('name="upload"\r\n\r\nupload-1');
    expect(service.bodies[0]).not.toContain('filename');
  });

  it('stops after its attempts, and a retry by the person still creates one job', async () => {
    service.loseAnswers = 4;
    await queue.add([png('a.png')]);
    await until(() => expect(one().state).toMatchObject({ is: 'failed', retry: 'send' }));
    await queue.retry(one().key);
    await until(() => expect(states()).toEqual(['queued']));
    expect(service.jobs.size).toBe(1);
  });

  it('retries if the server is busy, but not if it refuses', async () => {
    service.refusals = [503];
    await queue.add([png('a.png')]);
    await until(() => expect(states()).toEqual(['queued']));
    service.refusals = [422];
    await queue.add([png('b.png')]);
    await until(() =>
      expect(queue.snapshot()[1]?.state).toEqual({
        is: 'failed',
        reason: 'The file is no image.',
        retry: null,
      }),
    );
    expect(service.bodies).toHaveLength(3);
  });
});

describe('a server that accepts no more for now', () => {
  it('keeps every file, says why, asks no sooner than told, and then continues', async () => {
    service.refusals = Array(12).fill(429);
    const began = Date.now();
    await queue.add(Array.from({ length: 6 }, (_, i) => png(`${i}.png`)));
    await until(() =>
      expect(one().state).toEqual({ is: 'held', reason: 'You have 3 jobs waiting.' }),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(service.bodies.length).toBeLessThanOrEqual(3);
    expect(states().every((state) => state === 'held' || state === 'waiting')).toBe(true);
    service.refusals = [];
    await until(() => expect(states()).toEqual(Array(6).fill('queued')));
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_000);
    expect(service.jobs.size).toBe(6);
  });

  it('never abandons a file, however often it is told to wait', async () => {
    service.refusals = Array(6).fill(429);
    await queue.add([png('a.png')]);
    for (let asked = 1; asked <= 6; asked += 1) {
      await until(() => expect(states()).toEqual(['held']));
      expect(service.bodies).toHaveLength(asked);
      await queue.retry(one().key);
      await until(() => expect(service.bodies.length).toBe(asked + 1));
    }
    await until(() => expect(states()).toEqual(['queued']));
  });

  it('lets a person cancel held files', async () => {
    service.refusals = [429];
    await queue.add([png('a.png')]);
    await until(() => expect(states()).toEqual(['held']));
    await queue.cancel(one().key);
    expect(states()).toEqual(['cancelled']);
  });
});

describe('following a job', () => {
  const start = async () => {
    await queue.add([png('a.png')]);
    await until(() => expect(states()).toEqual(['queued']));
    return one().jobId as string;
  };

  it('shows position, stage, progress and result as reported by the events', async () => {
    const id = await start();
    queue.hear(service.change(id, { position: 4 }));
    expect(one().state).toEqual({ is: 'queued', position: 4 });
    queue.hear(
      service.change(id, { state: 'running', stage: 'crf', progress: 0.7, position: null }),
    );
    expect(one().state).toEqual({ is: 'running', stage: 'crf', progress: 0.7 });
    queue.hear(service.change(id, { state: 'done', image_id: 'i-1', duplicate: true }));
    expect(one().state).toEqual({ is: 'done', imageId: 'i-1', duplicate: true });
  });

  it("learns its position although events report only one's own jobs", async () => {
    const id = await start();
    service.change(id, { position: 6 });
    await until(() => expect(one().state).toEqual({ is: 'queued', position: 6 }));
    const { position: _, ...news } = service.change(id, {});
    queue.hear(news);
    expect(one().state).toEqual({ is: 'queued', position: 6 });
  });

  it('ignores late, outdated events', async () => {
    const id = await start();
    const old = { ...service.change(id, { state: 'running' }) };
    queue.hear(service.change(id, { state: 'done', image_id: 'i-1' }));
    queue.hear(old);
    expect(states()).toEqual(['done']);
  });

  it('keeps events that arrive before the answer to the upload', async () => {
    service.beforeAnswer = (job) =>
      queue.hear({ ...job, state: 'done', image_id: 'i-9', progress: 1 });
    await queue.add([png('a.png')]);
    await until(() => expect(one().state).toMatchObject({ is: 'done', imageId: 'i-9' }));
  });

  it('catches up after events were missed', async () => {
    const id = await start();
    service.change(id, { state: 'done', image_id: 'i-2' });
    await queue.refetch();
    expect(one().state).toMatchObject({ is: 'done', imageId: 'i-2' });
  });

  it('ignores the jobs of others', async () => {
    const id = await start();
    queue.hear({ ...service.change(id, {}), id: 'another', state: 'done' });
    expect(states()).toEqual(['queued']);
  });

  it('says why a job failed, and offers a retry only if the server does', async () => {
    const id = await start();
    const problem = {
      type: 'about:blank',
      title: 'Failed',
      status: 500,
      detail: 'The worker was lost.',
      code: 'worker-lost',
      request_id: null,
    };
    const failed = service.change(id, { state: 'failed', problem });
    service.allowRetry(id);
    const { links: _, ...news } = failed;
    queue.hear(news);
    expect(one().state).toMatchObject({ is: 'failed', reason: 'The worker was lost.' });
    await until(() => expect(one().state).toMatchObject({ retry: 'job' }));
    await queue.retry(one().key);
    expect(states()).toEqual(['queued']);
    expect(service.jobs.size).toBe(1);
  });
});

describe('cancelling', () => {
  it('stops an upload in progress', async () => {
    service.hold = true;
    await queue.add([png('a.png'), png('b.png'), png('c.png'), png('d.png')]);
    await until(() => expect(service.waiting).toHaveLength(3));
    await queue.cancel(one().key);
    expect(states()[0]).toBe('cancelled');
    await until(() => expect(service.waiting).toHaveLength(4));
  });

  it('cancels a queued job on the server', async () => {
    await queue.add([png('a.png')]);
    await until(() => expect(states()).toEqual(['queued']));
    const id = one().jobId as string;
    await queue.cancel(one().key);
    expect(states()).toEqual(['cancelled']);
    expect(service.jobs.get(id)?.state).toBe('cancelled');
  });

  it('reports that the job is already running, and keeps following it', async () => {
    await queue.add([png('a.png')]);
    await until(() => expect(states()).toEqual(['queued']));
    const id = one().jobId as string;
    queue.hear(service.change(id, { state: 'running' }));
    await queue.cancel(one().key);
    expect(one().note).toContain('409');
    queue.hear(service.change(id, { state: 'done', image_id: 'i' }));
    expect(one()).toMatchObject({ note: null, state: { is: 'done' } });
  });

  it('sends a cancelled file again as a new job', async () => {
    await queue.add([png('a.png')]);
    await until(() => expect(states()).toEqual(['queued']));
    await queue.cancel(one().key);
    await queue.retry(one().key);
    await until(() => expect(states()).toEqual(['queued']));
    expect(service.jobs.size).toBe(2);
  });
});

describe('the list', () => {
  it('is the same array until something changes, for React', async () => {
    await queue.add([new File(['%PDF'], 'a.pdf')]);
    const list = queue.snapshot();
    expect(queue.snapshot()).toBe(list);
    queue.dismissProblems();
    expect(queue.snapshot()).toEqual([]);
  });

  it('keeps failures when finished uploads are cleared, until they are dismissed', async () => {
    await queue.add([new File(['%PDF'], 'a.pdf'), png('b.png'), png('c.png')]);
    await until(() => expect(states()).toEqual(['refused', 'queued', 'queued']));
    const id = queue.snapshot()[1]?.jobId as string;
    queue.hear(service.change(id, { state: 'done', image_id: 'i' }));
    queue.dismissFinished();
    expect(states()).toEqual(['refused', 'queued']);
    queue.dismiss(one().key);
    expect(states()).toEqual(['queued']);
    queue.dismissProblems();
    expect(states()).toEqual(['queued']);
  });

  it('retries everything that failed on the way, but not what the server refused', async () => {
    service.loseAnswers = 8;
    await queue.add([png('a.png'), png('b.png')]);
    await until(() => expect(states()).toEqual(['failed', 'failed']));
    service.refusals = [];
    await queue.retryAll();
    await until(() => expect(states()).toEqual(['queued', 'queued']));
    expect(service.jobs.size).toBe(2);
  });
});
