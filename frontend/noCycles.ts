import type { Plugin } from 'vite';

/**
 * Fails a build in which chunks import each other in a cycle: which of them runs first depends on
 * what the browser has loaded, and in one of the orders a function is used before it is defined.
 */
export function noCycles(): Plugin {
  return {
    name: 'no-cycles',
    generateBundle(_options, bundle) {
      const done = new Set<string>();
      const follow = (file: string, way: readonly string[]): void => {
        if (way.includes(file))
          this.error(`Chunks import each other: ${[...way, file].join(' → ')}`);
        const chunk = bundle[file];
        if (done.has(file) || chunk?.type !== 'chunk') return;
        for (const next of chunk.imports) follow(next, [...way, file]);
        done.add(file);
      };
      for (const file of Object.keys(bundle)) follow(file, []);
    },
  };
}
