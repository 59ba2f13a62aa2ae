import type { ServerResponse } from 'node:http';
import type { Job } from '../api/types';
import type { Handler } from './httpServer';

/** The part of the HTTP contract used for uploads, with the failures that can happen. */
export class SegmentService {
  readonly jobs = new Map<string, Job>();
  readonly bodies: string[] = [];
  /** Answers held back while `hold` is set. */
  readonly waiting: (() => void)[] = [];
  hold = false;
  /** Number of next uploads that arrive although their answer is lost. */
  loseAnswers = 0;
  /** Number of next file parts that are lost. */
  loseParts = 0;
  /** Size in bytes of each part that arrived. */
  readonly parts: number[] = [];
  /** Statuses with which the next uploads are refused. */
  refusals: number[] = [];
  beforeAnswer: (job: Job) => void = () => {};
  private size = 0;
  private readonly byKey = new Map<string, string>();
  private readonly retryable = new Set<string>();

  readonly handle: Handler = (request, response, body) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    if (path === '/segment') {
      this.segment(String(request.headers['idempotency-key']), body, response);
      return;
    }
    const id = path.split('/')[2] ?? '';
    if (path.startsWith('/uploads')) {
      this.part(request.method === 'PATCH' ? body : null, body, response);
      return;
    }
    const job = this.jobs.get(id);
    if (!job) this.refuse(response, 404, 'No such job.');
    else if (request.method === 'DELETE') {
      if (job.state === 'running') this.refuse(response, 409, 'The job runs already.');
      else {
        this.change(id, { state: 'cancelled' });
        response.writeHead(204).end();
      }
    } else {
      if (path.endsWith('/retry')) {
        this.retryable.delete(id);
        this.change(id, { state: 'queued', position: 0, problem: null });
      }
      this.answer(response, 200, this.jobs.get(id));
    }
  };

  /** Changes a job and returns it in the form of an event. */
  change(id: string, change: Partial<Job>): Job {
    const job = { ...(this.jobs.get(id) as Job), ...change };
    job.links = this.retryable.has(id)
      ? { self: `/jobs/${id}`, retry: `/jobs/${id}/retry` }
      : { self: `/jobs/${id}` };
    this.jobs.set(id, job);
    return job;
  }

  allowRetry(id: string): void {
    this.retryable.add(id);
    this.change(id, {});
  }

  release(): void {
    for (const answer of this.waiting.splice(0)) answer();
  }

  private segment(key: string, body: Buffer, response: ServerResponse): void {
    this.bodies.push(body.toString('latin1'));
    const refusal = this.refusals.shift();
    if (refusal) {
      const full = 'You have 3 jobs waiting.';
      this.refuse(response, refusal, refusal === 429 ? full : 'The file is no image.');
      return;
    }
    const job = this.accept(key);
    if (this.loseAnswers > 0) {
      this.loseAnswers -= 1;
      response.destroy();
      return;
    }
    const answer = () => {
      this.beforeAnswer(job);
      this.answer(response, 202, this.jobs.get(job.id));
    };
    if (this.hold) this.waiting.push(answer);
    else answer();
  }

  /** The only file that is uploaded in parts; when it starts, `body` gives its size. */
  private part(data: Buffer | null, body: Buffer, response: ServerResponse): void {
    if (data === null) this.size = JSON.parse(body.toString()).size;
    else if (this.loseParts > 0) {
      this.loseParts -= 1;
      response.destroy();
      return;
    } else this.parts.push(data.length);
    const received = this.parts.reduce((sum, one) => sum + one, 0);
    const known = { id: 'upload-1', size: this.size, received, job_id: null };
    this.answer(response, data ? 200 : 201, { ...known, part_bytes: 8 * 1024 * 1024 });
  }

  private accept(key: string): Job {
    const known = this.jobs.get(this.byKey.get(key) ?? '');
    if (known) return known;
    const id = `job-${this.jobs.size + 1}`;
    this.byKey.set(key, id);
    this.jobs.set(id, {
      id,
      kind: 'segment',
      state: 'queued',
      stage: null,
      progress: 0,
      position: 0,
      attempts: 0,
      created_at: '2026-11-23T00:00:00Z',
      started_at: null,
      finished_at: null,
      model_name: null,
      image_id: null,
      duplicate: false,
      problem: null,
      links: { self: `/jobs/${id}` },
    });
    return this.jobs.get(id) as Job;
  }

  private answer(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  }

  private refuse(response: ServerResponse, status: number, detail: string): void {
    const problem = {
      type: 'about:blank',
      title: 'Refused',
      status,
      detail,
      code: 'refused',
      request_id: null,
    };
    const retryAfter = status === 429 ? { 'Retry-After': '1' } : {};
    response
      .writeHead(status, { 'Content-Type': 'application/problem+json', ...retryAfter })
      .end(JSON.stringify(problem));
  }
}
