import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CorrectionService } from '../../testing/correctionService';
import { HttpServer } from '../../testing/httpServer';
import { lesionOf, Paper } from '../testing/paper';
import { correctionApi } from './correctionApi';
import { DraftKeeper } from './draftKeeper';
import { LocalDrafts } from './localDrafts';
import { obstacle, RevisionSaver, type Saved, type SavePhase } from './revisionSaver';

let service: CorrectionService;
let server: HttpServer;
let local: LocalDrafts;
let paper: Paper;
let keeper: DraftKeeper;
let saver: RevisionSaver;
let saved: Saved[] = [];
let databases = 0;

beforeEach(async () => {
  service = new CorrectionService();
  service.addRevision(lesionOf(3), null);
  server = await HttpServer.start(service.handle);
  databases += 1;
  local = new LocalDrafts(`saver-${databases}`);
  paper = new Paper(3, 1);
  saved = [];
  const api = correctionApi('i', server.url);
  keeper = new DraftKeeper({
    user: 'me',
    image: 'i',
    tab: 'tab-1',
    source: paper,
    server: api,
    local,
    debounceMs: 10,
    behindMs: 50,
    backoffMs: [10],
  });
  saver = new RevisionSaver({
    keeper,
    server: api,
    onSaved: (one) => saved.push(one),
    backoffMs: [10, 20],
  });
});

afterEach(async () => {
  saver.stop();
  keeper.stop();
  await server.stop();
  await local.close();
});

const until = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 20_000, interval: 5 });
const reached = (phase: SavePhase) => until(() => expect(saver.state.get().phase).toBe(phase));
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const posts = () => service.count('POST', '/masks');

describe('saving', () => {
  it('creates a revision that names its parent, and no draft remains anywhere', async () => {
    paper.draw(5);
    await until(() => expect(keeper.state.get().phase).toBe('saved'));
    await saver.save({ submit: false });
    expect(service.seen.at(-1)?.body).toEqual({
      parent_revision: 1,
      labels: lesionOf(5),
      answer: 'lesions',
      answer_reason: null,
      seconds: 5,
      submit: false,
    });
    expect(saved).toMatchObject([{ submitted: false, unchanged: true, revision: { revision: 2 } }]);
    expect(service.draft).toBeNull();
    expect(keeper.state.get().phase).toBe('clean');
    await pause(60);
    expect(service.draft).toBeNull();
    expect(await local.count('me')).toBe(0);
  });

  it('before the draft was sent also leaves no draft behind', async () => {
    paper.draw(5);
    await saver.save({ submit: true });
    await pause(60);
    expect(service.draft).toBeNull();
    expect(saved).toMatchObject([{ submitted: true }]);
  });

  it('twice by a double click creates one revision', async () => {
    paper.draw(5);
    await Promise.all([saver.save({ submit: false }), saver.save({ submit: false })]);
    expect(posts()).toBe(1);
  });

  it('keeps strokes drawn during the save, as the draft of the next revision', async () => {
    service.beforeAnswer = async ({ method }) => {
      if (method === 'POST') await pause(60);
    };
    paper.draw(5);
    const saving = saver.save({ submit: false });
    await until(() => expect(posts()).toBe(1));
    paper.draw(9);
    await saving;
    expect(saved).toMatchObject([{ unchanged: false }]);
    expect(service.revisions.at(-1)?.labels).toEqual(lesionOf(5));
    await until(() => expect(service.draft?.labels).toEqual(lesionOf(9)));
  });
});

describe('a lost answer', () => {
  it('does not create two revisions', async () => {
    service.loseAnswers = 1;
    paper.draw(5);
    const saving = saver.save({ submit: false });
    await reached('offline');
    await reached('idle');
    await saving;
    expect(posts()).toBe(2);
    expect(service.revisions).toHaveLength(2);
    expect(saved).toMatchObject([{ revision: { revision: 2 } }]);
  });

  it('sends the drawing as of the request, without later strokes', async () => {
    service.down = 0;
    paper.draw(5);
    void saver.save({ submit: false });
    await reached('offline');
    paper.draw(9);
    service.down = null;
    saver.hurry();
    await reached('idle');
    expect(service.revisions.at(-1)?.labels).toEqual(lesionOf(5));
    await until(() => expect(service.draft?.labels).toEqual(lesionOf(9)));
  });
});

describe('an expired session', () => {
  it('waits for sign-in, then saves once', async () => {
    service.down = 401;
    paper.draw(5);
    void saver.save({ submit: true });
    await reached('signed-out');
    await pause(50);
    expect(posts()).toBe(1);
    service.down = null;
    saver.resume();
    await reached('idle');
    expect(service.revisions).toHaveLength(2);
  });
});

describe("another person's revision in between", () => {
  it('stops the save: nothing is written, the drawing is kept as a draft', async () => {
    service.addRevision(lesionOf(8), { id: 'other', name: 'Other' });
    paper.draw(5);
    await saver.save({ submit: false });
    expect(saver.state.get()).toMatchObject({ phase: 'stale', newest: { revision: 2 } });
    expect(service.revisions).toHaveLength(2);
    await until(() => expect(service.draft?.labels).toEqual(lesionOf(5)));
  });

  it('is recorded as the parent when the merged drawing is saved on top of it', async () => {
    service.addRevision(lesionOf(8), { id: 'other', name: 'Other' });
    paper.draw(5);
    await saver.save({ submit: false });
    saver.dismiss();
    paper.draw(10);
    await saver.save({ submit: false, on: 2 });
    expect(service.revisions.map(({ details }) => details.parent_revision)).toEqual([null, 1, 2]);
    expect(service.revisions.at(-1)?.labels).toEqual(lesionOf(10));
  });

  it('is not a conflict if it is this very save from before a reload', async () => {
    service.addRevision(lesionOf(5), { id: 'me', name: 'Me' });
    paper.draw(5);
    await saver.save({ submit: false });
    expect(saved).toMatchObject([{ revision: { revision: 2 } }]);
    expect(service.revisions).toHaveLength(2);
  });

  it('remains a conflict if it has the same pixels but another author', async () => {
    service.addRevision(lesionOf(5), { id: 'other', name: 'Other' });
    paper.draw(5);
    await saver.save({ submit: false });
    expect(saver.state.get().phase).toBe('stale');
  });
});

describe('a refusal', () => {
  it('is shown with its reason, and the drawing stays a draft', async () => {
    service.refusals = [422];
    paper.draw(5);
    await saver.save({ submit: false });
    expect(saver.state.get()).toMatchObject({
      phase: 'failed',
      reason: 'The server says refused.',
    });
    await until(() => expect(service.draft?.labels).toEqual(lesionOf(5)));
  });

  it('needs no request if the answer contradicts the drawing', async () => {
    paper.draw(0);
    await saver.save({ submit: false });
    expect(saver.state.get().reason).toMatch(/Nothing is outlined/);
    expect(posts()).toBe(0);
  });
});

describe('an answer without outlines', () => {
  it('needs a reason only if the image cannot be judged', () => {
    const drawing = { ...paper.read(), labels: lesionOf(0) };
    expect(obstacle({ ...drawing, answer: 'no-lesion' })).toBeNull();
    expect(obstacle({ ...drawing, answer: 'cannot-judge' })).toMatch(/Say why/);
    expect(obstacle({ ...drawing, answer: 'cannot-judge', answerReason: 'blurred' })).toBeNull();
  });
});
