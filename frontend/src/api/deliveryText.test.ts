// @vitest-environment jsdom
import { readFileSync } from 'node:fs';
import { i18n } from '@lingui/core';
import { afterEach, describe, expect, it } from 'vitest';
import { speak } from '../language/language';
import { deliveryText } from './deliveryText';

const problem = (reason: string, more: object = {}) => ({
  code: 'not-delivered',
  title: 'Bad Gateway',
  status: 502,
  detail: 'The PACS answered 500. It is tried again later.',
  reason,
  ...more,
});

afterEach(() => speak('en', 'first'));

describe('why something was not delivered', () => {
  it("is the server's sentence in English", () => {
    expect(deliveryText(problem('pacs-answered', { values: { status: '500' } }))).toBe(
      'The PACS answered 500. It is tried again later.',
    );
    expect(deliveryText(null)).toBeNull();
  });

  it.each(['de', 'es', 'zh-Hans'] as const)(
    'has a text in %s for every possible reason',
    async (language) => {
      await speak(language, 'later');
      expect(i18n.locale).toBe(language);
      const sources = ['worker/sending.py', 'worker/tasks/hook.py'].map((path) =>
        readFileSync(`../${path}`, 'utf8'),
      );
      const reasons = sources
        .flatMap((source) => [...source.matchAll(/"([a-z]+(?:-[a-z]+)+)"/g)])
        .map(([, code]) => code as string)
        .filter((code) =>
          /^(pacs|association|class|object|credentials|certificate|tls|own|address)-/.test(code),
        );
      expect(new Set(reasons).size).toBeGreaterThan(10);
      for (const reason of new Set(reasons)) {
        const text = deliveryText(problem(reason, { values: { status: 'A700', name: 'SR' } }));
        expect(text, reason).not.toContain('tried again');
      }
      const ended = deliveryText(
        problem('pacs-answered', { values: { status: '500' }, tries: 14 }),
      );
      expect(ended).toContain('500');
      expect(ended).toContain('14');
    },
  );
});
