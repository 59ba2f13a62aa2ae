import { isFailedDownload } from '../api/failedDownload';

const KEY = 'sonoloop.reloaded-at';
const ONCE_PER_MS = 60_000;

/**
 * After an update of the server an open tab asks for code that is gone. It then loads itself
 * anew, but never twice in a minute: a server that lacks the file must not make it spin. Without
 * a network the same error means nothing, and loading anew would only take the page away.
 */
export function reloadOnStaleBuild(): void {
  window.addEventListener('vite:preloadError', async ({ payload }) => {
    if (!isFailedDownload(payload)) return; // an error of the code comes again
    const answer = await fetch('/healthz', { cache: 'no-store' }).catch(() => null);
    if (!answer?.ok) return;
    const last = Number(sessionStorage.getItem(KEY) ?? 0);
    if (Date.now() - last < ONCE_PER_MS) return;
    sessionStorage.setItem(KEY, String(Date.now()));
    window.location.reload();
  });
}
