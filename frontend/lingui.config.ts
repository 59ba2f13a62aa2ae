import { defineConfig } from '@lingui/cli';
import { formatter } from '@lingui/format-po';
import { createSwcExtractor } from '@lingui/native-tools';

export default defineConfig({
  sourceLocale: 'en',
  locales: ['en', 'zh-Hans', 'de', 'es'],
  catalogs: [
    {
      path: '<rootDir>/src/language/catalogues/{locale}',
      include: ['<rootDir>/src'],
      exclude: ['**/*.test.*', '**/*.d.ts', '**/testing/**'],
    },
  ],
  extractors: [createSwcExtractor()],
  // Neither files nor lines: they change far more often than the words, and every change would
  // collide with somebody else's.
  format: formatter({ origins: false, printPlaceholdersInComments: false }),
  orderBy: 'message',
});
