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

/** Used only by pages and dialogs that open later. */
const FORMS =
  /\/node_modules\/(react-number-format|react-remove-scroll|react-remove-scroll-bar|react-style-singleton|use-sidecar|use-callback-ref|get-nonce|tslib)\/|\/components\/(NumberInput|Modal|ModalBase|Switch)\//;

/** Menus, tooltips and lists. The image page needs none of them at first. */
const FLOATING =
  /\/node_modules\/(@floating-ui|tabbable)\/|\/components\/(Menu|Popover|Tooltip)\/|\/utils\/Floating\//;

/** Select and combobox, for the worklist's filters. The image page has none. */
const CHOICES = /\/components\/(Combobox\w*|NativeSelect|ScrollArea(?!\/utils)|Select)\//;

/** All other packages, except the parts of Mantine that only the image page or later pages need. */
const FIRST_PACKAGES =
  /\/node_modules\/(?!.*\/components\/(Checkbox(?!\/CheckIcon)|FloatingIndicator|SegmentedControl|Textarea)\/)/;

const parts = partOfEach();

const SIGNING_IN = /\/(components\/FormCard|language\/LanguageSelect)/;

/** The modules of a part: a chunk must not run before its words are loaded. */
const ofPart = (part: Part) => (id: string) =>
  parts.get(relative(import.meta.dirname, id)) === part && !SIGNING_IN.test(id);

/** Used by every page: the API, the session, events and uploads. */
const common = withImports(['src/app/live.ts', 'src/components/lazily.tsx']);
const isCommon = (id: string) =>
  common.has(relative(import.meta.dirname, id)) && ofPart('first')(id);

const ALONE = { includeDependenciesRecursively: false };

// `npm run dev` proxies to a running API; SONOLOOP_URL sets another address.
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
    // The content security policy forbids inlined scripts and fonts, and hashed files are cached forever.
    assetsInlineLimit: 0,
    sourcemap: false,
    // `sonoloop live` serves its own page, which shares nothing with the others.
    rollupOptions: {
      input: ['index.html', 'live.html'],
      output: {
        chunkFileNames: ({ name }) => `assets/${name.replace(/~.*/, '')}-[hash].js`,
        codeSplitting: {
          groups: [
            // Code that runs before the words are loaded must not wait for a module with words.
            { name: 'start', test: STARTS, priority: 1 },
            // With one chunk per small module shared by two pages, a page made 150 requests.
            // Packages import no module of ours, so no two chunks wait for each other.
            { name: 'forms', test: FORMS, minShareCount: 2, ...ALONE },
            { name: 'floating', test: FLOATING, minShareCount: 2, ...ALONE },
            { name: 'choices', test: CHOICES, minShareCount: 2, ...ALONE },
            { name: 'packages', test: FIRST_PACKAGES, minShareCount: 6, ...ALONE },
            // The viewer imports no module of ours either, and the worklist none of the editor.
            { name: 'viewer', test: /\/src\/viewer\//, minShareCount: 2 },
            { name: 'editor', test: /\/src\/editor\//, minShareCount: 2, ...ALONE },
            // Separate from the other modules of its part, none of which it imports, so that no
            // two chunks of the part wait for each other.
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
    testTimeout: 30_000, // for busy machines
    isolate: false, // files share one jsdom page, which takes a quarter of the processor time
  },
});
