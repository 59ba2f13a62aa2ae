// @vitest-environment node
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LATER, PARTS, type Part, partOfEach, sources } from '../../wordsByPage';

/** Dynamic imports of a module, each with the part whose texts it loads first. */
function dynamic(path: string): { target: string; words: string | undefined }[] {
  const source = readFileSync(path, 'utf8');
  return [
    ...source.matchAll(/(?:withWords\(\s*'(\w+)',\s*\(\) =>\s*)?\bimport\(\s*'(\.[^']+)'/g),
  ].map(([, words, name]) => ({ target: join(dirname(path), name ?? ''), words }));
}

describe('texts that are not part of the first pages', () => {
  it('belong to existing pages', () => {
    const files = sources('src');
    for (const page of LATER) expect(files.some((path) => path.startsWith(page))).toBe(true);
  });

  it('are loaded before a module that needs them', () => {
    const parts = partOfEach();
    const order = (part: string | undefined) => PARTS.indexOf(part as Part);
    const needed = (target: string) => parts.get(`${target}.tsx`) ?? parts.get(`${target}.ts`);
    const bare = [...parts].flatMap(([path, part]) =>
      dynamic(path)
        .filter(({ target, words }) => order(needed(target)) > Math.max(order(part), order(words)))
        .map(({ target }) => `${path} loads ${target} without the words of ${needed(target)}`),
    );
    expect(bare).toEqual([]);
  });
});
