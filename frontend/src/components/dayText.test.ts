import { i18n } from '@lingui/core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Language } from '../language/language';

async function speaking(language: Language) {
  i18n.loadAndActivate({ locale: language, messages: {} });
  return await import('./dayText');
}

beforeEach(() => {
  vi.resetModules();
});

describe.each([
  [
    'en',
    'Mar 5, 2026',
    ['3/5/2026', '5 March 2026', 'mar 5 2026'],
    ['5/31/26', '2/30/2026', 'soon'],
  ],
  ['de', '05.03.2026', ['5.3.2026', '5. März 2026'], ['31.2.2026', '5.3.']],
  ['es', '5 mar 2026', ['5/3/2026', '5 de marzo de 2026'], ['3/15/2026']],
  ['zh-Hans', '2026年3月5日', ['2026/3/5'], ['5/3/2026']],
] as const)('a day in %s', (language, written, typed, wrong) => {
  it('is written and read in the local format', async () => {
    const { dayText, dayOfText } = await speaking(language);
    expect(dayText('2026-03-05')).toBe(written);
    for (const text of [written, ...typed, '2026-03-05']) {
      expect(dayOfText(text), text).toBe('2026-03-05');
    }
  });

  it('is null if it is invalid', async () => {
    const { dayOfText } = await speaking(language);
    for (const text of ['', ...wrong]) expect(dayOfText(text), text).toBeNull();
  });
});
