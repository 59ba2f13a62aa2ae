import type { Plugin } from 'vite';

/** Smaller scripts are not preloaded: they would block the browser's few connections. */
const WORTHWHILE = 50_000;

/**
 * Makes the browser load the large scripts of every page at the same time as the words that they
 * wait for. `live.html` uses none of them.
 */
export function pagesAhead(): Plugin {
  return {
    name: 'pages-ahead',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {}, filename }) {
        if (!filename.endsWith('index.html')) return html;
        const chunks = Object.values(bundle).filter((one) => one.type === 'chunk');
        const first = chunks.find(({ facadeModuleId }) =>
          facadeModuleId?.endsWith('/src/shell/pages.tsx'),
        );
        const needed = [first?.fileName, ...(first?.imports ?? [])];
        return chunks
          .filter(({ fileName, code }) => needed.includes(fileName) && code.length > WORTHWHILE)
          .map(({ fileName }) => ({
            tag: 'link',
            attrs: { rel: 'modulepreload', crossorigin: true, href: `/${fileName}` },
            injectTo: 'head' as const,
          }));
      },
    },
  };
}
