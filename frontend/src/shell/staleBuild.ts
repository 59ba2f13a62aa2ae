import { isFailedDownload } from '../api/failedDownload';

const KEY = 'sonoloop.reloaded-at';
const ONCE_PER_MS = 60_000;

/**
 * After an update of the server, an open tab may request code that no longer exists. The page then
 * reloads, but at most once a minute, so that a server without the file causes no reload loop.
 * Without a network the same error says nothing about the build, and a reload would only remove the
 * page.
 */
export function reloadOnStaleBuild(): void {
  window.addEventListener('vite:preloadError', async ({ payload }) => {
    if (!isFailedDownload(payload)) return; // an error in the code would occur again
    const answer = await fetch('/healthz', { cache: 'no-store' }).catch(() => null);
    if (!answer?.ok) return;
    const last = Number(sessionStorage.getItem(KEY) ?? 0);
    if (Date.now() - last < ONCE_PER_MS) return;
    sessionStorage.setItem(KEY, String(Date.now()));
    window.location.reload();
  });
}
