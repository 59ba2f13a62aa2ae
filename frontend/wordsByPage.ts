import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Messages } from '@lingui/core';
import { extractMessagesFromFiles } from '@lingui/native-tools';
import type { Plugin } from 'vite';

/** Pages that few people open, and rare problems: their words are loaded with them. */
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
  'tokens',
  'training',
];

export const LATER = [...PAGES.map((page) => `src/pages/${page}/`), 'src/api/moreTexts'];

/** Modules of the pages below a folder, relative to the front end's folder. */
export function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/\.test\.|\.d\.ts$|\/testing\//.test(path));
}

export const isLater = (path: string): boolean => LATER.some((page) => path.startsWith(page));

/** The modules that a module imports at once, as far as they are sources of the pages. */
function imported(path: string): string[] {
  const named = readFileSync(path, 'utf8').matchAll(/(?:from|import) '(\.[^']+)'/g);
  return [...named]
    .map(([, name]) => join(dirname(path), name ?? ''))
    .flatMap((file) => [`${file}.ts`, `${file}.tsx`])
    .filter((file) => existsSync(file));
}

/** Files outside the pages of `LATER`, and what they import of those pages. */
export function firstFiles(): string[] {
  const found = new Set<string>();
  const ahead = sources('src').filter((path) => !isLater(path));
  for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    ahead.push(...imported(path));
  }
  return [...found];
}

/** Ids of the messages of those files. */
async function wantedAtOnce(): Promise<Set<string>> {
  const { messages } = await extractMessagesFromFiles(firstFiles());
  return new Set(messages.map(({ id }) => id));
}

/**
 * Parts each catalogue: `de.po` keeps the words of the first pages, and `de.po?later?lingui` has
 * those that only the pages of `LATER` use. Runs behind Lingui's own plugin, on what it compiled.
 */
export function wordsByPage(): Plugin {
  let first: Promise<Set<string>> | undefined;
  return {
    name: 'words-by-page',
    enforce: 'post',
    apply: 'build',
    transform: {
      filter: { id: /\.po(\?later\?lingui)?$/ },
      async handler(code, id) {
        first ??= wantedAtOnce();
        const known = await first;
        const compiled = await import(`data:text/javascript,${encodeURIComponent(code)}`);
        const all = Object.entries(compiled.messages as Messages);
        const later = id.includes('?later');
        const part = Object.fromEntries(all.filter(([key]) => known.has(key) !== later));
        const literal = JSON.stringify(JSON.stringify(part));
        return { code: `export const messages = JSON.parse(${literal});`, map: null };
      },
    },
  };
}
