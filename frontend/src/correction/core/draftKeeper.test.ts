import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CorrectionService } from '../../testing/correctionService';
import { HttpServer } from '../../testing/httpServer';
import { lesionOf, Paper } from '../testing/paper';
import { correctionApi } from './correctionApi';
import { DraftKeeper, type KeeperPhase, type KeeperPorts } from './draftKeeper';
import { drawingOf } from './drawing';
import { LocalDrafts } from './localDrafts';

let service: CorrectionService;
let server: HttpServer;
let local: LocalDrafts;
let paper: Paper;
let keepers: DraftKeeper[] = [];
let databases = 0;

beforeEach(async () => {
  service = new CorrectionService();
  server = await HttpServer.start(service.handle);
  databases += 1;
  local = new LocalDrafts(`keeper-${databases}`);
  paper = new Paper();
  keepers = [];
});

afterEach(async () => {
  for (const keeper of keepers) keeper.stop();
  await server.stop();
  await local.close();
});

function keep(change: Partial<KeeperPorts> = {}): DraftKeeper {
  const keeper = new DraftKeeper({
    user: 'me',
    image: 'i',
    tab: 'tab-1',
    source: paper,
    server: correctionApi('i', server.url),
    local,
    debounceMs: 20,
    behindMs: 100,
    backoffMs: [20, 40],
    ...change,
  });
  keepers.push(keeper);
  return keeper;
}

const until = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 20_000, interval: 5 });
const reached = (keeper: DraftKeeper, phase: KeeperPhase) =>
  until(() => expect(keeper.state.get().phase).toBe(phase));
const stored = async () => (await local.ofImage('me', 'i')).map(({ drawing }) => drawing.labels);
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe('a stroke', () => {
  it('is completely on the server a moment later, and no longer in the browser', async () => {
    const keeper = keep();
    paper.draw(5);
    expect(keeper.state.get()).toMatchObject({ phase: 'unsaved', atRisk: true });
    await reached(keeper, 'saved');
    expect(service.draft).toMatchObject({
      version: 1,
      parent_revision: 1,
      labels: lesionOf(5),
      answer: 'lesions',
      answer_reason: null,
      seconds: 5,
    });
    expect(keeper.state.get()).toMatchObject({ atRisk: false, inBrowser: false });
    await until(async () => expect(await stored()).toEqual([]));
  });

  it('is in the browser before the server has answered', async () => {
    let answer = () => {};
    const answers = new Promise<void>((resolve) => {
      answer = resolve;
    });
    service.beforeAnswer = () => answers;
    const keeper = keep();
    paper.draw(5);
    await until(async () => expect(await stored()).toEqual([lesionOf(5)]));
    await until(() => expect(keeper.state.get()).toMatchObject({ inBrowser: true, atRisk: false }));
    answer();
    await reached(keeper, 'saved');
  });

  it('is sent even while drawing continues without a pause', async () => {
    keep({ debounceMs: 60, behindMs: 150 });
    const start = Date.now();
    while (!service.draft && Date.now() - start < 1_000) {
      paper.draw((Date.now() % 20) + 1);
      await pause(10);
    }
    expect(service.draft).not.toBeNull();
    expect(Date.now() - start).toBeLessThan(600);
  });

  it('leaves no draft behind when undone', async () => {
    const keeper = keep();
    paper.draw(5);
    await reached(keeper, 'saved');
    paper.draw(0);
    await reached(keeper, 'clean');
    expect(service.draft).toBeNull();
    await until(async () => expect(await stored()).toEqual([]));
  });
});

describe('many strokes', () => {
  it('have one request in progress at a time, and the last one wins', async () => {
    let underWay = 0;
    let most = 0;
    service.beforeAnswer = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await pause(15);
      underWay -= 1;
    };
    const keeper = keep({ debounceMs: 1 });
    for (let area = 1; area <= 30; area += 1) {
      paper.draw(area);
      await pause(3);
    }
    await reached(keeper, 'saved');
    expect(most).toBe(1);
    expect(service.draft?.labels).toEqual(lesionOf(30));
    expect(service.draft?.version).toBe(service.count('PUT', '/draft'));
  });
});

describe('without a network', () => {
  it('the drawing stays in the browser and is sent once the server is available', async () => {
    service.down = 0;
    const keeper = keep();
    paper.draw(5);
    await reached(keeper, 'offline');
    paper.draw(6);
    await until(async () => expect(await stored()).toEqual([lesionOf(6)]));
    await until(() =>
      expect(keeper.state.get()).toMatchObject({ phase: 'offline', atRisk: false }),
    );
    service.down = null;
    await reached(keeper, 'saved');
    expect(service.draft?.labels).toEqual(lesionOf(6));
    await until(async () => expect(await stored()).toEqual([]));
  });

  it('waits longer and longer, but sends at once when the network is back', async () => {
    service.down = 503;
    const keeper = keep({ backoffMs: [10, 60_000] });
    paper.draw(5);
    await until(() => expect(service.count('PUT', '/draft')).toBe(2));
    await pause(50);
    expect(service.count('PUT', '/draft')).toBe(2);
    service.down = null;
    keeper.hurry();
    await reached(keeper, 'saved');
  });

  it('treats a server that never answers as lost', async () => {
    let stuck = true;
    service.beforeAnswer = () => (stuck ? new Promise(() => {}) : undefined);
    const keeper = keep({ timeoutMs: 50 });
    paper.draw(5);
    await reached(keeper, 'offline');
    stuck = false;
    await reached(keeper, 'saved');
  });

  it('recognises its own draft if only the answer was lost', async () => {
    service.loseAnswers = 1;
    const keeper = keep();
    paper.draw(5);
    await reached(keeper, 'offline');
    paper.draw(6);
    await reached(keeper, 'saved');
    expect(service.draft).toMatchObject({ version: 2, labels: lesionOf(6) });
  });

  it('recognises it after several attempts of which an early one had arrived', async () => {
    service.loseAnswers = 1;
    const keeper = keep({ backoffMs: [10] });
    paper.draw(5);
    await reached(keeper, 'offline');
    service.down = 0;
    paper.draw(6);
    const sent = service.count('PUT', '/draft');
    await until(() => expect(service.count('PUT', '/draft')).toBeGreaterThan(sent + 2));
    service.down = null;
    paper.draw(7);
    await reached(keeper, 'saved');
    expect(service.draft?.labels).toEqual(lesionOf(7));
  });
});

describe('without a database in the browser', () => {
  class Broken extends LocalDrafts {
    override put(): Promise<void> {
      return Promise.reject(new DOMException('full', 'QuotaExceededError'));
    }
  }

  it('reports that closing would lose the drawing, until the server has it', async () => {
    service.down = 0;
    const keeper = keep({ local: new Broken('broken') });
    paper.draw(5);
    await reached(keeper, 'offline');
    await pause(30);
    expect(keeper.state.get()).toMatchObject({ inBrowser: false, atRisk: true });
    service.down = null;
    await reached(keeper, 'saved');
    expect(keeper.state.get().atRisk).toBe(false);
  });
});

describe('an expired session', () => {
  it('stops sending, keeps the drawing, and continues after signing in', async () => {
    service.down = 401;
    const keeper = keep();
    paper.draw(5);
    await reached(keeper, 'signed-out');
    paper.draw(6);
    await pause(60);
    expect(service.count('PUT', '/draft')).toBe(1);
    expect(await stored()).toEqual([lesionOf(6)]);
    service.down = null;
    keeper.resume();
    await reached(keeper, 'saved');
    expect(service.draft?.labels).toEqual(lesionOf(6));
  });
});

describe('two tabs', () => {
  it('notice each other, and neither overwrites the other without being told to', async () => {
    const mine = keep();
    paper.draw(5);
    await reached(mine, 'saved');
    const otherPaper = new Paper();
    const other = keep({ tab: 'tab-2', source: otherPaper, version: 1 });
    otherPaper.draw(9);
    await reached(other, 'saved');
    paper.draw(6);
    await reached(mine, 'conflict');
    const { theirs } = mine.state.get();
    expect(theirs && drawingOf(theirs).labels).toEqual(lesionOf(9));
    expect(service.draft?.labels).toEqual(lesionOf(9));
    paper.draw(7);
    await pause(60);
    expect(service.draft?.labels).toEqual(lesionOf(9));
    expect(await stored()).toEqual([lesionOf(7)]);
    mine.resolve('mine');
    await reached(mine, 'saved');
    expect(service.draft?.labels).toEqual(lesionOf(7));
  });

  it("taking over the other tab's drawing continues from its version", async () => {
    const mine = keep();
    paper.draw(5);
    await reached(mine, 'saved');
    service.draft = service.draft && { ...service.draft, version: 7, labels: lesionOf(9) };
    paper.draw(6);
    await reached(mine, 'conflict');
    mine.resolve('theirs');
    paper.draw(9);
    await reached(mine, 'saved');
    expect(service.draft).toMatchObject({ version: 8, labels: lesionOf(9) });
  });

  it('a draft that the other tab has saved as a revision causes no conflict', async () => {
    const mine = keep();
    paper.draw(5);
    await reached(mine, 'saved');
    service.draft = null;
    paper.draw(6);
    await reached(mine, 'saved');
    expect(service.draft).toMatchObject({ version: 1, labels: lesionOf(6) });
  });
});

describe('a refused draft', () => {
  it('gives the reason, stays in the browser, and is retried with the next stroke', async () => {
    service.refusals = [422];
    const keeper = keep();
    paper.draw(5);
    await reached(keeper, 'failed');
    expect(keeper.state.get().reason).toBe('The server says refused.');
    expect(await stored()).toEqual([lesionOf(5)]);
    paper.draw(6);
    await reached(keeper, 'saved');
  });

  it('can be retried manually', async () => {
    service.refusals = [413];
    const keeper = keep();
    paper.draw(5);
    await reached(keeper, 'failed');
    keeper.retry();
    await reached(keeper, 'saved');
  });
});

describe('leaving the page', () => {
  it('sends at once what waits for a pause', async () => {
    const keeper = keep({ debounceMs: 60_000, behindMs: 60_000 });
    paper.draw(5);
    keeper.leave();
    await until(() => expect(service.draft?.labels).toEqual(lesionOf(5)));
  });

  it('does not let an older request delay the newest drawing', async () => {
    let first = true;
    service.beforeAnswer = async () => {
      if (!first) return;
      first = false;
      await pause(300);
    };
    const keeper = keep();
    paper.draw(5);
    await until(() => expect(service.count('PUT', '/draft')).toBe(1));
    paper.draw(6);
    keeper.leave();
    await reached(keeper, 'saved');
    expect(service.draft?.labels).toEqual(lesionOf(6));
  });

  it('for the next image takes no longer than the browser needs to store the drawing', async () => {
    service.beforeAnswer = () => new Promise(() => {});
    const keeper = keep();
    paper.draw(5);
    const start = performance.now();
    expect(await keeper.flush(300)).toBe(true);
    expect(performance.now() - start).toBeLessThan(290);
    expect(await stored()).toEqual([lesionOf(5)]);
  });

  it('continues to send the drawing to the server in the background', async () => {
    service.down = 0;
    const keeper = keep();
    paper.draw(5);
    await reached(keeper, 'offline');
    keeper.detach();
    paper.draw(1);
    service.down = null;
    await reached(keeper, 'saved');
    expect(service.draft?.labels).toEqual(lesionOf(5));
  });
});

describe('saving a revision', () => {
  it('holds drafts back, so that none reappears after the revision', async () => {
    const keeper = keep();
    paper.draw(5);
    const release = await keeper.hold();
    const { sequence } = keeper;
    await pause(60);
    expect(service.count('PUT', '/draft')).toBe(0);
    await keeper.savedAs(sequence);
    release();
    await pause(60);
    expect(service.count('PUT', '/draft')).toBe(0);
    expect(keeper.state.get().phase).toBe('clean');
    await until(async () => expect(await stored()).toEqual([]));
  });

  it('keeps strokes drawn in the meantime', async () => {
    const keeper = keep();
    paper.draw(5);
    const release = await keeper.hold();
    const { sequence } = keeper;
    paper.draw(6);
    await keeper.savedAs(sequence);
    release();
    await reached(keeper, 'saved');
    expect(service.draft?.labels).toEqual(lesionOf(6));
  });
});
