import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InteractiveAnswer } from '../../../api/interactive';
import { errorFromAnswer } from '../../../api/problem';
import { commands, Editor, encodeRuns, LabelMap, SCRIBBLE } from '../../../editor';
import { type Handler, HttpServer } from '../../../testing/httpServer';
import { Assistant } from './assistant';

const WIDTH = 8;
const HEIGHT = 6;

let server: HttpServer;
let answer: Handler;
let questions: { path: string; body: Record<string, unknown> }[];

beforeEach(async () => {
  questions = [];
  server = await HttpServer.start((request, response, body) => {
    questions.push({ path: request.url ?? '', body: JSON.parse(body.toString()) });
    return answer(request, response, body);
  });
});

afterEach(() => server.stop());

async function post(path: string, body: unknown, signal: AbortSignal): Promise<InteractiveAnswer> {
  const got = await fetch(`${server.url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    signal,
  });
  if (!got.ok) {
    throw errorFromAnswer(got.status, got.headers.get('Content-Type'), await got.text());
  }
  return (await got.json()) as InteractiveAnswer;
}

function rectangle(left: number, top: number, right: number, bottom: number, label = 1): LabelMap {
  const map = new LabelMap(WIDTH, HEIGHT);
  for (let y = top; y < bottom; y += 1) map.data.fill(label, y * WIDTH + left, y * WIDTH + right);
  return map;
}

const outlineOf = (map: LabelMap): Handler => {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ runs: encodeRuns(map), box: null, timings_ms: {} }));
  };
};

const BEFORE = rectangle(1, 1, 4, 4);
const AFTER = rectangle(1, 1, 6, 4);

function opened(map = BEFORE) {
  const frame = { width: WIDTH, height: HEIGHT, data: new Uint8ClampedArray(WIDTH * HEIGHT * 4) };
  const editor = new Editor({ map, frame, spacing: null });
  const assistant = new Assistant(editor, {
    refine: (body, signal) => post('/refine', body, signal),
    box: (body, signal) => post('/box', body, signal),
    point: (body, signal) => post('/point', body, signal),
  });
  return { editor, assistant };
}

function scribble(editor: Editor, value: number = SCRIBBLE.lesion): void {
  editor.begin('Scribble');
  const box = { left: 5, top: 2, width: 1, height: 1 };
  editor.layScribble({ box, inside: Uint8Array.of(1) }, value);
  editor.commit();
}

const settled = (assistant: Assistant) =>
  vi.waitFor(() => expect(assistant.state.get().pending).toBeNull());

describe('refine', () => {
  it('sends the selected lesion with the scribbles, and applies the answer in one step', async () => {
    answer = outlineOf(AFTER);
    const { editor, assistant } = opened();
    scribble(editor);
    assistant.refine();
    expect(assistant.state.get().pending).toBe('refine');
    await settled(assistant);
    expect(questions[0]?.body).toMatchObject({
      width: WIDTH,
      height: HEIGHT,
      mask: encodeRuns(BEFORE),
    });
    expect(editor.map.equals(AFTER)).toBe(true);
    expect(editor.state.get()).toMatchObject({ undoName: 'Refine', scribbled: 0 });
    editor.undo();
    expect(editor.map.equals(BEFORE)).toBe(true);
    expect(editor.state.get().scribbled).toBe(1);
    commands.grow(editor, 1);
    expect(assistant.state.get().problem).toBeNull();
  });

  it('adds a lesion if nothing was outlined', async () => {
    answer = outlineOf(AFTER);
    const { editor, assistant } = opened(new LabelMap(WIDTH, HEIGHT));
    scribble(editor);
    assistant.refine();
    await settled(assistant);
    expect(editor.state.get().lesions).toMatchObject([{ label: 1, area: 15 }]);
  });

  it('discards an answer for pixels that have changed since, and asks again', async () => {
    const { editor, assistant } = opened();
    answer = (request, response, body) => {
      if (questions.length === 1) commands.grow(editor, 1);
      return outlineOf(AFTER)(request, response, body);
    };
    scribble(editor);
    assistant.refine();
    await settled(assistant);
    expect(questions).toHaveLength(2);
    expect(questions[1]?.body.mask).not.toEqual(questions[0]?.body.mask);
    expect(editor.map.equals(AFTER)).toBe(true);
  });

  it('does not write into a stroke in progress', async () => {
    const { editor, assistant } = opened();
    answer = (request, response, body) => {
      editor.begin('Rename');
      return outlineOf(AFTER)(request, response, body);
    };
    scribble(editor);
    assistant.refine();
    await vi.waitFor(() => expect(editor.state.get().stroking).toBe(true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(editor.map.equals(BEFORE)).toBe(true);
    editor.commit();
    await settled(assistant);
    expect(editor.map.equals(AFTER)).toBe(true);
  });

  it('keeps drawing and scribbles if cancelled or failed, and says what to do', async () => {
    const { editor, assistant } = opened();
    answer = () => {};
    scribble(editor);
    assistant.refine();
    await vi.waitFor(() => expect(assistant.state.get().slow).toBe(true));
    expect(assistant.cancel()).toBe(true);
    expect(assistant.state.get()).toEqual({ pending: null, slow: false, problem: null });

    answer = (_request, response) => {
      response.writeHead(503, { 'Content-Type': 'application/problem+json' });
      response.end(JSON.stringify({ title: 'Busy', status: 503, detail: 'Start a worker.' }));
    };
    assistant.refine();
    await settled(assistant);
    expect(assistant.state.get().problem).toBe('Start a worker.');
    expect(editor.map.equals(BEFORE)).toBe(true);
    expect(editor.state.get().scribbled).toBe(1);
    commands.grow(editor, 1);
    expect(assistant.state.get().problem).toBeNull();
  });
});

describe('a box', () => {
  it('adds a lesion alongside the existing ones', async () => {
    answer = outlineOf(rectangle(3, 3, 7, 6));
    const { editor, assistant } = opened();
    assistant.outline({ left: 3, top: 3, width: 4, height: 3 });
    await settled(assistant);
    expect(questions[0]?.body).toEqual({
      box: { left: 3, top: 3, width: 4, height: 3 },
      mask: encodeRuns(BEFORE),
    });
    expect(editor.state.get()).toMatchObject({ selected: 2, undoName: 'Box' });
    expect(editor.map.at(3, 3)).toBe(1);
    expect(editor.map.at(6, 5)).toBe(2);
  });

  it('reports if there is nothing in it', async () => {
    answer = outlineOf(new LabelMap(WIDTH, HEIGHT));
    const { editor, assistant } = opened();
    assistant.outline({ left: 5, top: 0, width: 2, height: 2 });
    await settled(assistant);
    expect(assistant.state.get().problem).toContain('No lesion was found');
    expect(editor.state.get().canUndo).toBe(false);
  });
});

describe('a click', () => {
  it('asks for the lesion under it, and adds the lesion found', async () => {
    answer = outlineOf(rectangle(5, 3, 8, 6));
    const { editor, assistant } = opened();
    assistant.outlineAt({ x: 6, y: 4 });
    await settled(assistant);
    expect(questions).toEqual([
      { path: '/point', body: { point: { row: 4, column: 6 }, mask: encodeRuns(BEFORE) } },
    ]);
    expect(editor.state.get().lesions.map((lesion) => lesion.label)).toEqual([1, 2]);
    editor.undo();
    expect(editor.state.get().lesions).toHaveLength(1);
  });

  it('on an outlined lesion asks nothing, and says why', () => {
    const { editor, assistant } = opened();
    assistant.outlineAt({ x: 2, y: 2 });
    expect(questions).toEqual([]);
    expect(editor.state.get().notice).toMatch(/outlined already/);
  });
});
