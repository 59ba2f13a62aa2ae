import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HttpServer } from '../testing/httpServer';
import { request } from './client';
import { askEarly } from './early';

let server: HttpServer;
let asked: string[];

beforeEach(async () => {
  asked = [];
  server = await HttpServer.start((call, answer) => {
    asked.push(`${call.method} ${call.url}`);
    answer.end(JSON.stringify({ nth: asked.length }));
  });
  // Node has no origin for relative addresses.
  const real = fetch;
  vi.stubGlobal('fetch', (path: string, options: RequestInit) => real(server.url + path, options));
});

afterEach(async () => {
  vi.unstubAllGlobals();
  await server.stop();
});

test('an answer requested early is used once', async () => {
  askEarly('/one');
  expect(await request('/one')).toEqual({ nth: 1 });
  expect(await request('/one')).toEqual({ nth: 2 });
});

test('a change invalidates answers requested before it', async () => {
  askEarly('/one');
  await request('/one', { method: 'POST', json: {} });
  await request('/one');
  expect(asked.filter((one) => one === 'GET /one')).toHaveLength(2);
});

test('an early refusal is still a refusal', async () => {
  await server.stop();
  server = await HttpServer.start((call, answer) => {
    asked.push(`${call.method} ${call.url}`);
    answer.writeHead(404).end();
  });
  askEarly('/one');
  await expect(request('/one')).rejects.toMatchObject({ status: 404 });
  expect(asked).toHaveLength(1);
});
