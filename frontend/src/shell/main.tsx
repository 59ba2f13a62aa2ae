import { askEarly } from '../api/early';
import { fetchPoster, posterSeen } from '../cine/poster';
import { languageOfBrowser, speak } from '../language/language';
import { withWords } from '../language/withWords';

/** Maximum wait for the picture of the image in the address. */
const LONGEST_WAIT_MS = 250;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const { pathname } = window.location;
// Every page except these waits for it.
if (!/^\/ui\/(sign-in|forgotten|set-up)/.test(pathname)) askEarly('/session');
const opensImage = fetchPoster(pathname);
// Modules of the pages hold texts in tables, so the language is loaded first.
await speak(languageOfBrowser(), opensImage ? 'image' : 'first');
// Nothing is painted while the scripts of the pages run.
if (opensImage) await Promise.race([posterSeen(), pause(LONGEST_WAIT_MS)]);
// Loaded in parallel with the surrounding frame. If it fails, the route shows the error.
if (opensImage) withWords('image', () => import('../pages/image/ImagePage')).catch(() => {});
await import('./pages');
