import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CorrectionService } from '../../testing/correctionService';
import { HttpServer } from '../../testing/httpServer';
import { lesionOf, Paper } from '../testing/paper';
import { correctionApi } from './correctionApi';
import { type LocalDraft, LocalDrafts } from './localDrafts';
import { findUnsaved } from './recovery';

let service: CorrectionService;
let server: HttpServer;
let local: LocalDrafts;
let databases = 0;

beforeEach(async () => {
  service = new CorrectionService();
  server = await HttpServer.start(service.handle);
  databases += 1;
  local = new LocalDrafts(`recovery-${databases}`);
});

afterEach(async () => {
  await server.stop();
  await local.close();
});

const NEWEST = { labels: lesionOf(3), answer: null, answerReason: null };

function drawing(area: number) {
  const paper = new Paper();
  paper.draw(area);
  return paper.read();
}

function record(area: number, at: string, change: Partial<LocalDraft> = {}): LocalDraft {
  return {
    user: 'me',
    image: 'i',
    tab: 'tab-1',
    sequence: 4,
    drawing: drawing(area),
    version: 1,
    at,
    ...change,
  };
}

function onServer(area: number, at: string): void {
  const { labels, answer, answerReason, seconds, parentRevision } = drawing(area);
  service.draft = {
    version: 4,
    labels,
    answer,
    answer_reason: answerReason,
    seconds,
    parent_revision: parentRevision,
    updated_at: at,
  };
}

const find = (user = 'me') =>
  findUnsaved({ user, image: 'i', server: correctionApi('i', server.url), local, newest: NEWEST });

describe('opening an image', () => {
  it('asks nothing if no drawing was left', async () => {
    expect(await find()).toEqual({ candidates: [], version: 0, records: [] });
  });

  it('finds the draft on the server and the version from which to continue', async () => {
    onServer(7, '2026-11-23T10:00:00Z');
    const found = await find();
    expect(found.version).toBe(4);
    expect(found.candidates).toMatchObject([{ from: 'server', at: '2026-11-23T10:00:00Z' }]);
    expect(found.candidates[0]?.drawing.labels).toEqual(lesionOf(7));
  });

  it('finds drawings only in this browser, newest first, after a killed browser', async () => {
    onServer(7, '2026-11-23T10:00:00+00:00');
    await local.put(record(8, '2026-11-23T10:00:05.000Z'));
    const found = await find();
    expect(found.candidates.map(({ from }) => from)).toEqual(['browser', 'server']);
    expect(found.candidates[0]?.drawing).toEqual(drawing(8));
  });

  it('offers each drawing once', async () => {
    onServer(7, '2026-11-23T10:00:00Z');
    await local.put(record(7, '2026-11-23T10:00:05Z'));
    expect((await find()).candidates).toMatchObject([{ from: 'server' }]);
  });

  it('offers drawings of two tabs', async () => {
    await local.put(record(7, '2026-11-23T10:00:00Z'));
    await local.put(record(8, '2026-11-23T10:00:05Z', { tab: 'tab-2' }));
    expect((await find()).candidates.map(({ drawing }) => drawing.labels)).toEqual([
      lesionOf(8),
      lesionOf(7),
    ]);
  });

  it('discards a drawing already saved: the answer to a save was lost with the page', async () => {
    await local.put(record(3, '2026-11-23T10:00:05Z'));
    expect((await find()).candidates).toEqual([]);
    expect(await local.count('me')).toBe(0);
  });

  it("shows nobody else's drawing", async () => {
    await local.put(record(8, '2026-11-23T10:00:05Z'));
    expect((await find('other')).candidates).toEqual([]);
    expect(await local.count('me')).toBe(1);
    await local.clear('other');
    expect(await local.count('me')).toBe(1);
    await local.clear('me');
    expect(await local.count('me')).toBe(0);
  });

  it("restores the browser's drawing offline, and continues from the version it knew", async () => {
    service.down = 0;
    await local.put(record(8, '2026-11-23T10:00:05Z', { version: 3 }));
    expect(await find()).toMatchObject({ version: 3, candidates: [{ from: 'browser' }] });
  });

  it('does not fail if the browser has no database', async () => {
    class Without extends LocalDrafts {
      override ofImage(): Promise<LocalDraft[]> {
        return Promise.reject(new DOMException('no', 'SecurityError'));
      }
    }
    onServer(7, '2026-11-23T10:00:00Z');
    const found = await findUnsaved({
      user: 'me',
      image: 'i',
      server: correctionApi('i', server.url),
      local: new Without('without'),
      newest: NEWEST,
    });
    expect(found.candidates).toHaveLength(1);
  });
});

describe('a record of this browser', () => {
  it('is removed only if nothing was drawn since', async () => {
    await local.put(record(8, '2026-11-23T10:00:05Z', { sequence: 5 }));
    await local.remove(record(8, ''), 4);
    expect(await local.count('me')).toBe(1);
    await local.remove(record(8, ''), 5);
    expect(await local.count('me')).toBe(0);
  });

  it('comes back after the browser closed the connection', async () => {
    await local.put(record(8, '2026-11-23T10:00:05Z'));
    await local.close();
    expect((await local.ofImage('me', 'i'))[0]?.drawing).toEqual(drawing(8));
  });
});
