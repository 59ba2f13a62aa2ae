// @vitest-environment jsdom
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ActivityClock, commands, Editor, encodeRuns, LabelMap, lineBetween } from '../../editor';
import { CorrectionService } from '../../testing/correctionService';
import { HttpServer } from '../../testing/httpServer';
import { correctionApi } from './correctionApi';
import { Desk } from './desk';
import type { KeeperPhase } from './draftKeeper';
import { LocalDrafts } from './localDrafts';
import type { Saved } from './revisionSaver';
import { CorrectionSession } from './session';

const WIDTH = 12;
const HEIGHT = 8;

let service: CorrectionService;
let server: HttpServer;
let desk: Desk;
let detach: () => void;
let databases = 0;
let saved: Saved[] = [];

beforeEach(async () => {
  service = new CorrectionService();
  server = await HttpServer.start(service.handle);
  databases += 1;
  desk = new Desk(new LocalDrafts(`session-${databases}`));
  detach = desk.attach(window);
  saved = [];
});

afterEach(async () => {
  detach();
  await desk.forget('me');
  await server.stop();
  await desk.local.close();
});

function lesion(): LabelMap {
  const map = new LabelMap(WIDTH, HEIGHT);
  map.data.fill(1, 26, 31);
  return map;
}

function open(image = 'i', parentRevision: number | null = 1) {
  const frame = { width: WIDTH, height: HEIGHT, data: new Uint8ClampedArray(WIDTH * HEIGHT * 4) };
  const editor = new Editor({ map: lesion(), frame, spacing: null });
  const session = new CorrectionSession({
    user: 'me',
    image,
    editor,
    activity: new ActivityClock(),
    parentRevision,
    answerReason: '',
    server: correctionApi(image, server.url),
    desk,
    onSaved: (one) => {
      saved.push(one);
      editor.markSaved();
    },
    askToSignIn: () => {},
  });
  desk.enter(session);
  return { editor, session };
}

const until = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 20_000, interval: 10 });
const reached = (session: CorrectionSession, phase: KeeperPhase) =>
  until(() => expect(session.keeper.state.get().phase).toBe(phase));
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe('a session', () => {
  it("stores the editor's content, including names and the answer", async () => {
    const { editor, session } = open();
    commands.grow(editor, 1);
    commands.renameLesion(editor, 1, 'left');
    await reached(session, 'saved');
    expect(service.draft?.labels).toEqual({
      width: WIDTH,
      height: HEIGHT,
      runs: encodeRuns(editor.map),
      names: { '1': 'left' },
    });
    commands.setAnswer(editor, 'no-lesion');
    await until(() => expect(service.draft?.answer).toBe('no-lesion'));
    expect(service.draft?.labels.runs).toEqual([0, WIDTH * HEIGHT]);
  });

  it('ignores what does not change the drawing: tools, hidden lesions', async () => {
    const { editor, session } = open();
    editor.setTool('ruler');
    editor.setVisible(1, false);
    await pause(30);
    expect(session.keeper.state.get().phase).toBe('clean');
  });

  it('stores a ruler and a note in the draft', async () => {
    const { editor, session } = open();
    const line = lineBetween({ x: 1, y: 1 }, { x: 3, y: 1 }, null);
    commands.addMeasurement(editor, { kind: 'ruler', lines: [line] });
    commands.setNote(editor, 'Septum');
    await reached(session, 'saved');
    expect(service.draft?.labels).toMatchObject({
      measurements: [
        {
          kind: 'ruler',
          lines: [
            [
              [1, 1],
              [3, 1],
            ],
          ],
        },
      ],
      note: 'Septum',
    });
  });

  it('leaves no draft if everything is undone', async () => {
    const { editor, session } = open();
    commands.grow(editor, 1);
    await reached(session, 'saved');
    editor.undo();
    await reached(session, 'clean');
    expect(service.draft).toBeNull();
  });

  it('corrects a draft that was stored in the middle of a stroke later taken back', async () => {
    const { editor, session } = open();
    commands.grow(editor, 1);
    const before = encodeRuns(editor.map);
    editor.begin('Brush');
    editor.lay({ box: { top: 0, left: 0, width: 2, height: 1 }, inside: Uint8Array.of(1, 1) }, 1);
    session.keeper.leave();
    await until(() => expect(service.draft).not.toBeNull());
    editor.cancel();
    await until(() => expect(service.draft?.labels.runs).toEqual(before));
  });

  it('keeps the reason why an image cannot be judged, and saves no outlines with it', async () => {
    service.addRevision({ width: WIDTH, height: HEIGHT, runs: [0, 96], names: {} }, null);
    const { editor, session } = open();
    commands.setAnswer(editor, 'cannot-judge');
    session.source.answerReason = '  shadow ';
    await until(() => expect(service.draft?.answer_reason).toBe('shadow'));
    await session.saver.save({ submit: false });
    expect(service.revisions.at(-1)).toMatchObject({
      details: { answer: 'cannot-judge', answer_reason: 'shadow' },
      labels: { runs: [0, WIDTH * HEIGHT] },
    });
  });

  it('continues from the saved revision', async () => {
    service.addRevision({ width: WIDTH, height: HEIGHT, runs: [0, 96], names: {} }, null);
    const { editor, session } = open();
    commands.grow(editor, 1);
    await session.saver.save({ submit: false });
    expect(saved).toHaveLength(1);
    expect(session.keeper.state.get().phase).toBe('clean');
    commands.grow(editor, 1);
    await reached(session, 'saved');
    expect(service.draft).toMatchObject({ parent_revision: 2, version: 1 });
  });
});

describe('moving on to the next image', () => {
  it('does not wait, and loses nothing', async () => {
    service.beforeAnswer = () => pause(150);
    const { editor, session } = open();
    commands.grow(editor, 1);
    const drawn = encodeRuns(editor.map);
    const start = performance.now();
    desk.leave(session);
    expect(performance.now() - start).toBeLessThan(100);
    open('j');
    await until(() => expect(service.draft?.labels.runs).toEqual(drawn));
    expect(desk.wasDrawnOn('me', 'i')).toBe(true);
  });

  it("and back ends the first visit's remaining work before looking for the draft", async () => {
    service.beforeAnswer = () => pause(100);
    const first = open();
    commands.grow(first.editor, 1);
    desk.leave(first.session);
    const second = open();
    await desk.prepare(second.session);
    expect(service.draft?.labels.runs).toEqual(encodeRuns(first.editor.map));
    const sent = service.count('PUT', '/draft');
    await pause(700);
    expect(service.count('PUT', '/draft')).toBe(sent);
  });
});

describe("the page's lifecycle", () => {
  it('sends at once what was drawn when hidden, frozen or left', async () => {
    for (const name of ['pagehide', 'freeze', 'beforeunload']) {
      service.draft = null;
      const { editor, session } = open(`image-${name}`);
      commands.grow(editor, 1);
      const target = name === 'freeze' ? document : window;
      target.dispatchEvent(new Event(name, { cancelable: true }));
      await until(() => expect(service.draft).not.toBeNull());
      desk.leave(session);
    }
  });

  it('asks before closing only if something is stored nowhere', async () => {
    const { editor } = open();
    const close = () => window.dispatchEvent(new Event('beforeunload', { cancelable: true }));
    expect(close()).toBe(true);
    service.down = 0;
    commands.grow(editor, 1);
    expect(close()).toBe(false);
    await until(async () => expect(await desk.local.count('me')).toBe(1));
    expect(close()).toBe(true);
  });

  it('sends without waiting for the next attempt when online again', async () => {
    service.down = 0;
    const { editor, session } = open();
    commands.grow(editor, 1);
    await reached(session, 'offline');
    service.down = null;
    window.dispatchEvent(new Event('online'));
    await until(() => expect(service.draft).not.toBeNull());
  });
});

describe('signing out', () => {
  it('counts drawings that only this browser has, after trying to store them', async () => {
    const { editor } = open();
    commands.grow(editor, 1);
    expect(await desk.unsaved('me')).toBe(0);
    service.down = 0;
    commands.grow(editor, 1);
    expect(await desk.unsaved('me', 300)).toBe(1);
    await desk.forget('me');
    expect(await desk.local.count('me')).toBe(0);
  });
});
