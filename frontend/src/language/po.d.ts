// A catalogue as Vite builds it: the words of all pages in development, of the first ones in a
// build.
declare module '*.po' {
  import type { Messages } from '@lingui/core';
  export const messages: Messages;
}

// The words of the other pages, see wordsByPage.ts.
declare module '*.po?later?lingui' {
  import type { Messages } from '@lingui/core';
  export const messages: Messages;
}
