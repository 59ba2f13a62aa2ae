// @vitest-environment jsdom
import { renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Editor, LabelMap } from '../../../editor';
import { HttpServer } from '../../../testing/httpServer';
import { PREPARE_AFTER_MS, useAssistant } from './useAssistant';

let server: HttpServer;
let calls: string[];

beforeEach(async () => {
  calls = [];
  server = await HttpServer.start((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    response.writeHead(204).end();
  });
  const real = fetch;
  vi.stubGlobal('fetch', (path: string, options: RequestInit) => real(server.url + path, options));
});

afterEach(async () => {
  vi.unstubAllGlobals();
  await server.stop();
});

function editor(): Editor {
  const frame = { width: 4, height: 4, data: new Uint8ClampedArray(4 * 4 * 4) };
  return new Editor({ map: new LabelMap(4, 4), frame, spacing: null });
}

const pause = () => new Promise((resolve) => setTimeout(resolve, PREPARE_AFTER_MS * 1.5));

it('prepares the image on which somebody may draw, not those skipped on the way to it', async () => {
  const made = editor();
  const at = (id: string) => ({ id });
  const { rerender } = renderHook(({ id }) => useAssistant(id, made, true), {
    initialProps: at('a'),
  });
  rerender(at('b'));
  rerender(at('c'));
  await vi.waitFor(() => expect(calls).toEqual(['POST /images/c/prepare']), 3000);
  rerender(at('c'));
  await pause();
  expect(calls).toHaveLength(1);
});

it('prepares nothing for somebody who may not draw, or before the image is loaded', async () => {
  const made = editor();
  renderHook(() => useAssistant('a', made, false));
  renderHook(() => useAssistant('b', null, true));
  await pause();
  expect(calls).toEqual([]);
});
