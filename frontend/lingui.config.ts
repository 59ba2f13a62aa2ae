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
  // Without files and line numbers: they change far more often than the words, and every change
  // would cause merge conflicts.
  format: formatter({ origins: false, printPlaceholdersInComments: false }),
  orderBy: 'message',
});
