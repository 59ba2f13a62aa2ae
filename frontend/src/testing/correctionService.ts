import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DraftBody, DraftDetails, Labels, Revision, RevisionBody } from '../correction/wire';
import type { Handler } from './httpServer';

interface Seen {
  method: string;
  path: string;
  body: unknown;
}

/** The part of the HTTP contract used for correcting an image, with failures on demand. */
export class CorrectionService {
  draft: DraftDetails | null = null;
  readonly revisions: { details: Revision; labels: Labels }[] = [];
  readonly seen: Seen[] = [];
  /** Number of next writes that take effect although their answer is lost. */
  loseAnswers = 0;
  /** Statuses returned for the next requests instead of processing them. */
  refusals: number[] = [];
  /** While set, every request is refused with this status; 0 cuts the connection. */
  down: number | null = null;
  /** Runs before each answer; tests use it to delay answers. */
  beforeAnswer: (request: Seen) => void | Promise<void> = () => {};
  private readonly byKey = new Map<string, Revision>();

  readonly handle: Handler = async (request, response, body) => {
    const seen: Seen = {
      method: request.method ?? 'GET',
      path: new URL(request.url ?? '/', 'http://x').pathname,
      body: body.length > 0 ? JSON.parse(body.toString()) : null,
    };
    this.seen.push(seen);
    const refusal = this.down ?? this.refusals.shift();
    if (refusal === 0) {
      response.destroy();
      return;
    }
    if (refusal !== undefined) {
      this.refuse(response, refusal, 'refused');
      return;
    }
    const answer = this.route(request, seen);
    await this.beforeAnswer(seen);
    if (this.loseAnswers > 0 && seen.method !== 'GET') {
      this.loseAnswers -= 1;
      response.destroy();
      return;
    }
    answer(response);
  };

  /** Requests so far, e.g. `PUT /images/i/draft`. */
  get log(): string[] {
    return this.seen.map(({ method, path }) => `${method} ${path}`);
  }

  count(method: string, end: string): number {
    return this.seen.filter((one) => one.method === method && one.path.endsWith(end)).length;
  }

  /** Stores a revision as if another person had saved it. */
  addRevision(labels: Labels, author: { id: string; name: string } | null): Revision {
    return this.store({
      parent_revision: this.newest,
      labels,
      answer: 'lesions',
      answer_reason: null,
      seconds: 1,
      submit: false,
      author,
    });
  }

  get newest(): number | null {
    return this.revisions.at(-1)?.details.revision ?? null;
  }

  private route(request: IncomingMessage, seen: Seen): (response: ServerResponse) => void {
    const [, , , what, revision, verb] = seen.path.split('/');
    if (what === 'draft' && seen.method === 'PUT') return this.putDraft(seen.body as DraftBody);
    if (what === 'draft' && seen.method === 'DELETE') {
      this.draft = null;
      return (response) => response.writeHead(204).end();
    }
    if (what === 'draft') {
      const { draft } = this;
      return (response) => this.answer(response, 200, draft);
    }
    if (what === 'masks' && seen.method === 'POST' && !revision) {
      const key = String(request.headers['idempotency-key']);
      return this.save(seen.body as RevisionBody, key);
    }
    if (what === 'masks' && verb === 'labels') {
      const found = this.revisions.find(({ details }) => details.revision === Number(revision));
      if (!found) return (response) => this.refuse(response, 404, 'no-labels');
      return (response) => this.answer(response, 200, found.labels);
    }
    if (what === 'presence' && seen.method === 'PUT') {
      return (response) => this.answer(response, 200, { people: [] });
    }
    return (response) => response.writeHead(204).end();
  }

  private putDraft({ force, ...body }: DraftBody): (response: ServerResponse) => void {
    const { draft } = this;
    if (!force && body.version !== (draft?.version ?? 0)) {
      return (response) => this.refuse(response, 409, 'draft-changed', { draft });
    }
    const saved = {
      ...body,
      answer: body.answer ?? null,
      answer_reason: body.answer_reason ?? null,
      version: (draft?.version ?? 0) + 1,
      updated_at: new Date().toISOString(),
    };
    this.draft = saved;
    return (response) =>
      this.answer(response, 200, { version: saved.version, updated_at: saved.updated_at });
  }

  private save(body: RevisionBody, key: string): (response: ServerResponse) => void {
    const known = this.byKey.get(key);
    if (known) return (response) => this.answer(response, 201, known);
    if (body.parent_revision !== this.newest) {
      const newest = this.revisions.at(-1)?.details;
      const members = { newest, parent_revision: body.parent_revision };
      return (response) => this.refuse(response, 409, 'stale-revision', members);
    }
    this.draft = null;
    const details = this.store({ ...body, author: { id: 'me', name: 'Me' } });
    this.byKey.set(key, details);
    return (response) => this.answer(response, 201, details);
  }

  private store(body: RevisionBody & { author: { id: string; name: string } | null }): Revision {
    const revision = (this.newest ?? 0) + 1;
    const details: Revision = {
      id: `mask-${revision}`,
      revision,
      parent_revision: body.parent_revision,
      source: body.author ? 'human' : 'model',
      author: body.author,
      model: body.author ? null : { name: 'net', version: '1.0.0' },
      created_at: new Date().toISOString(),
      classes: body.labels.classes ?? {},
      answer: body.author ? body.answer : null,
      answer_reason: body.answer_reason ?? null,
      seconds: body.seconds,
      dice: null,
      untouched: null,
      reading_id: null,
      names: body.labels.names,
      measurements: [],
      note: body.labels.note ?? '',
      result: null,
    };
    this.revisions.push({ details, labels: body.labels });
    return details;
  }

  private answer(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  }

  private refuse(response: ServerResponse, status: number, code: string, members = {}): void {
    const problem = {
      type: `urn:sonoloop:problem:${code}`,
      title: 'Refused',
      status,
      detail: `The server says ${code}.`,
      code,
      ...members,
    };
    response
      .writeHead(status, { 'Content-Type': 'application/problem+json' })
      .end(JSON.stringify(problem));
  }
}
