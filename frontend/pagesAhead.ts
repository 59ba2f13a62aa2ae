import type { Plugin } from 'vite';

/** Small ones would keep a browser's few connections from what the page asks for itself. */
const WORTHWHILE = 50_000;

/**
 * Has a browser load the large scripts of every page beside the words that they wait for, not after
 * them. `live.html` has nothing of them.
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
