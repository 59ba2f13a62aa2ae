// @vitest-environment node
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstFiles, isLater, LATER, sources } from '../../wordsByPage';

/** The imports of a module, as paths from the front end's folder. */
function dynamic(path: string): { target: string; withWords: boolean }[] {
  const source = readFileSync(path, 'utf8');
  return [...source.matchAll(/(withWords\(\(\) => )?\bimport\(\s*'(\.[^']+)'/g)].map(
    ([, wrapped, name]) => ({
      target: join(dirname(path), name ?? ''),
      withWords: wrapped !== undefined,
    }),
  );
}

describe('words that only pages have that few people open', () => {
  it('are of pages that there are', () => {
    const files = sources('src');
    for (const page of LATER) expect(files.some((path) => path.startsWith(page))).toBe(true);
  });

  it('are there before a module runs that needs them', () => {
    const bare = firstFiles().flatMap((path) =>
      dynamic(path)
        .filter(({ target, withWords }) => isLater(target) && !withWords)
        .map(({ target }) => `${path} loads ${target} without its words`),
    );
    expect(bare).toEqual([]);
  });
});
