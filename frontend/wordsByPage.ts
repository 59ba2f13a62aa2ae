import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Messages } from '@lingui/core';
import { extractMessagesFromFiles } from '@lingui/native-tools';
import type { Plugin } from 'vite';

/** The parts of a catalogue, in the order in which their words are loaded. */
export const PARTS = ['first', 'image', 'panels', 'later'] as const;

export type Part = (typeof PARTS)[number];

/** Modules that a page needs before it can be used; those that they import statically are added. */
const ENTRIES = {
  first: [
    'src/shell/pages.tsx',
    'src/pages/worklist/WorklistPage.tsx',
    'src/pages/sign-in/SignInPage.tsx',
    'src/pages/sign-in/ForgottenPage.tsx',
    'src/pages/set-up/SetUpPage.tsx',
    'src/shell/MessageList.tsx',
    'src/uploads/uploadRecords.ts',
  ],
  image: [
    'src/pages/image/ImagePage.tsx',
    'src/pages/image/classes/AttributeFields.tsx',
    'src/pages/review/ReviewPanel.tsx',
  ],
};

/** Pages that few people open, and rare problem texts. */
const PAGES = [
  'account',
  'audit',
  'connections',
  'effort',
  'exports',
  'imports',
  'jobs',
  'labels',
  'models',
  'people',
  'pool',
  'project',
  'site',
  'tokens',
  'training',
];

export const LATER = [...PAGES.map((page) => `src/pages/${page}/`), 'src/api/moreTexts'];

/** The words of the `sonoloop live` page are one separate part. */
const LIVE = 'src/live/page.tsx';

/** The modules of the pages in a folder, relative to the front end's folder. */
export function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/\.test\.|\.d\.ts$|\/testing\//.test(path));
}

export const isLater = (path: string): boolean => LATER.some((page) => path.startsWith(page));

/** The page modules that a module imports statically. */
function imported(path: string): string[] {
  const named = readFileSync(path, 'utf8').matchAll(/(?:from|import) '(\.[^']+)'/g);
  return [...named]
    .map(([, name]) => join(dirname(path), name ?? ''))
    .flatMap((file) => [`${file}.ts`, `${file}.tsx`, `${file}/index.ts`])
    .filter((file) => existsSync(file));
}

/** These modules and all that they import statically, directly or not. */
export function withImports(starts: readonly string[]): Set<string> {
  const found = new Set<string>();
  const ahead = [...starts];
  for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    ahead.push(...imported(path));
  }
  return found;
}

/** The part that holds the words of each module; the modules of the live page are left out. */
export function partOfEach(): Map<string, Part> {
  const parts = new Map<string, Part>();
  const live = withImports([LIVE]);
  const others = sources('src').filter((path) => !live.has(path));
  const starts: Record<Part, readonly string[]> = {
    ...ENTRIES,
    panels: others.filter((path) => !isLater(path)),
    later: others,
  };
  for (const part of PARTS) {
    for (const path of withImports(starts[part])) if (!parts.has(path)) parts.set(path, part);
  }
  return parts;
}

const hasWords = (path: string): boolean =>
  /\/src\/.*\.tsx?$/.test(path) && /@lingui\/\w+\/macro/.test(readFileSync(path, 'utf8'));

async function idsOf(files: readonly string[]): Promise<Set<string>> {
  const { messages } = await extractMessagesFromFiles([...files]);
  return new Set(messages.map(({ id }) => id));
}

/** Message ids of each part, without those of earlier parts, and of the live page. */
async function idsOfEach(): Promise<Record<Part | 'live', Set<string>>> {
  const parts = [...partOfEach()];
  const known = new Set<string>();
  const found: Partial<Record<Part, Set<string>>> = {};
  for (const part of PARTS) {
    const ids = await idsOf(parts.filter(([, one]) => one === part).map(([path]) => path));
    found[part] = new Set([...ids].filter((id) => !known.has(id)));
    for (const id of ids) known.add(id);
  }
  const live = await idsOf([...withImports([LIVE])]);
  return { ...(found as Record<Part, Set<string>>), live };
}

/**
 * Splits each catalogue into parts: `de.po?image?lingui` has the words of the part `image`. Runs
 * after Lingui's plugin, on its output.
 */
export function wordsByPage(): Plugin {
  let ids: ReturnType<typeof idsOfEach> | undefined;
  return {
    name: 'words-by-page',
    enforce: 'post',
    apply: 'build',
    transform: {
      filter: { id: /\.po\?\w+\?lingui$/ },
      async handler(code, id) {
        ids ??= idsOfEach();
        const part = id.split('?')[1] as Part | 'live';
        const wanted = (await ids)[part];
        const compiled = await import(`data:text/javascript,${encodeURIComponent(code)}`);
        const all = Object.entries(compiled.messages as Messages);
        const kept = Object.fromEntries(all.filter(([key]) => wanted.has(key)));
        const literal = JSON.stringify(JSON.stringify(kept));
        return { code: `export const messages = JSON.parse(${literal});`, map: null };
      },
    },
    /** No chunk may run before the words of all its modules are loaded, whichever pages share it. */
    generateBundle(_options, bundle) {
      const parts = partOfEach();
      const partOf = (id: string) => parts.get(relative(import.meta.dirname, id));
      const chunks = new Map(
        Object.values(bundle).flatMap((one) => (one.type === 'chunk' ? [[one.fileName, one]] : [])),
      );
      for (const { facadeModuleId, fileName } of chunks.values()) {
        const part = facadeModuleId ? partOf(facadeModuleId) : undefined;
        if (!part) continue;
        const seen = new Set<string>([fileName]);
        for (const name of seen) {
          const chunk = chunks.get(name);
          for (const one of chunk?.imports ?? []) seen.add(one);
          const early = (chunk?.moduleIds ?? []).filter(
            (id) => PARTS.indexOf(partOf(id) ?? 'first') > PARTS.indexOf(part) && hasWords(id),
          );
          if (early.length > 0) this.error(`${fileName} runs ${early.join(', ')} too early`);
        }
      }
    },
  };
}
