/** Messages of Chromium, Firefox, Safari (modules) and Vite (styles) after a failed load. */
const DOWNLOAD =
  /dynamically imported module|importing a module script failed|unable to preload css/i;

/** Whether a part of the pages failed to load, as opposed to an error in its own code. */
export const isFailedDownload = (error: unknown): boolean =>
  error instanceof Error && DOWNLOAD.test(error.message);
