/** What Chromium, Firefox and Safari say of a module, and Vite of a style, that did not come. */
const DOWNLOAD =
  /dynamically imported module|importing a module script failed|unable to preload css/i;

/** Whether a part of the pages did not come; an error of its own code is something else. */
export const isFailedDownload = (error: unknown): boolean =>
  error instanceof Error && DOWNLOAD.test(error.message);
