import { lingui } from '@lingui/vite-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { compressed } from './compressed.ts';
import { pagesAhead } from './pagesAhead.ts';
import { wordsByPage } from './wordsByPage.ts';

const STARTS =
  /\/src\/(language\/(language|site)|api\/early|cine\/(poster|firstPicture)|viewer\/(pixels|pressed|store))\.ts|\/@lingui\/core\/|vite\/modulepreload/;

// `npm run dev` proxies to a running api; set SONOLOOP_URL to use another than the default.
const api = process.env.SONOLOOP_URL ?? 'http://127.0.0.1:8000';
const apiPaths =
  '^/(healthz|readyz|setup|invitations|session|users|tokens|models|segment|jobs|events|images|audit|queues|readers|readings|agreement|effort|pool|exports|imports|uploads)(/|\\?|$)';

export default defineConfig({
  plugins: [
    lingui({ macroTransform: true, failOnCompileError: true }),
    wordsByPage(),
    react(),
    pagesAhead(),
    compressed(),
  ],
  server: { host: '127.0.0.1', proxy: { [apiPaths]: api } },
  build: {
    target: 'es2022',
    // The content security policy allows no inlined script or font, and hashed files cache for ever.
    assetsInlineLimit: 0,
    sourcemap: false,
    // The page of `sonoloop live` is served by that command and knows nothing of the others.
    rollupOptions: {
      input: ['index.html', 'live.html'],
      output: {
        chunkFileNames: ({ name }) => `assets/${name.replace(/~.*/, '')}-[hash].js`,
        codeSplitting: {
          groups: [
            // What runs before the words are there must not wait for a module that holds words.
            { name: 'start', test: STARTS, priority: 1 },
            // A chunk for each small module that two pages share made 150 requests of a page.
            // Packages import nothing of ours, so that no chunk waits for one that waits for it.
            { name: 'packages', test: /\/node_modules\//, minShareCount: 6 },
            // The viewer imports nothing of ours either.
            { name: 'viewer', test: /\/src\/viewer\//, minShareCount: 2 },
            {
              name: 'shared',
              test: /\/src\//,
              minShareCount: 4,
              includeDependenciesRecursively: false,
              entriesAware: true,
              entriesAwareMergeThreshold: 20_000,
            },
          ],
        },
      },
    },
  },
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/english.ts'],
    restoreMocks: true,
  },
});
