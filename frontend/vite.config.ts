import { relative } from 'node:path';
import { lingui } from '@lingui/vite-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { compressed } from './compressed.ts';
import { noCycles } from './noCycles.ts';
import { pagesAhead } from './pagesAhead.ts';
import { PARTS, type Part, partOfEach, withImports, wordsByPage } from './wordsByPage.ts';

const STARTS =
  /\/src\/(language\/(language|site|withWords)|api\/early|cine\/(poster|firstPicture)|viewer\/(pixels|pressed|store))\.ts|\/@lingui\/core\/|vite\/modulepreload/;

/** What pages and dialogs use that open later. */
const FORMS =
  /\/node_modules\/(react-number-format|react-remove-scroll|react-remove-scroll-bar|react-style-singleton|use-sidecar|use-callback-ref|get-nonce|tslib)\/|\/components\/(NumberInput|Modal|ModalBase|Switch)\//;

/** What opens beside something else: menus, tooltips, lists. An image needs none at once. */
const FLOATING =
  /\/node_modules\/(@floating-ui|tabbable)\/|\/components\/(Menu|Popover|Tooltip)\/|\/utils\/Floating\//;

/** Lists to choose from: the worklist's filters. An image has none. */
const CHOICES = /\/components\/(Combobox\w*|NativeSelect|ScrollArea(?!\/utils)|Select)\//;

/** The other packages, without what of Mantine only an image or later pages need. */
const FIRST_PACKAGES =
  /\/node_modules\/(?!.*\/components\/(Checkbox(?!\/CheckIcon)|FloatingIndicator|SegmentedControl|Textarea)\/)/;

const parts = partOfEach();

const SIGNING_IN = /\/(components\/FormCard|language\/LanguageSelect)/;

/** Modules of a part: a chunk must not run before its words are there. */
const ofPart = (part: Part) => (id: string) =>
  parts.get(relative(import.meta.dirname, id)) === part && !SIGNING_IN.test(id);

/** What every page has: the api, the session, news and uploads. */
const common = withImports(['src/app/live.ts', 'src/components/lazily.tsx']);
const isCommon = (id: string) =>
  common.has(relative(import.meta.dirname, id)) && ofPart('first')(id);

const ALONE = { includeDependenciesRecursively: false };

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
    noCycles(),
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
            { name: 'forms', test: FORMS, minShareCount: 2, ...ALONE },
            { name: 'floating', test: FLOATING, minShareCount: 2, ...ALONE },
            { name: 'choices', test: CHOICES, minShareCount: 2, ...ALONE },
            { name: 'packages', test: FIRST_PACKAGES, minShareCount: 6, ...ALONE },
            // The viewer imports nothing of ours either, and the worklist nothing of the editor.
            { name: 'viewer', test: /\/src\/viewer\//, minShareCount: 2 },
            { name: 'editor', test: /\/src\/editor\//, minShareCount: 2, ...ALONE },
            // Apart from other modules of its part, of which it imports none, so that no chunk of
            // that part waits for one that waits for it.
            { name: 'first', test: isCommon, minShareCount: 2, ...ALONE },
            ...PARTS.map((part) => ({
              name: part,
              test: ofPart(part),
              minShareCount: 4,
              ...ALONE,
              entriesAware: true,
              entriesAwareMergeThreshold: 20_000,
            })),
          ],
        },
      },
    },
  },
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/english.ts'],
    restoreMocks: true,
    testTimeout: 30_000, // a busy machine is no fault
    isolate: false, // one page of jsdom for many files: a quarter of the processor time
  },
});
