import { askEarly } from '../api/early';
import { fetchPoster, posterSeen } from '../cine/poster';
import { languageOfBrowser, speak } from '../language/language';
import { withWords } from '../language/withWords';

/** For the picture of the image that an address names. */
const LONGEST_WAIT_MS = 250;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const { pathname } = window.location;
// Every page but those waits for it.
if (!/^\/ui\/(sign-in|forgotten|set-up)/.test(pathname)) askEarly('/session');
const opensImage = fetchPoster(pathname);
// Modules of the pages hold words in tables: the language comes first.
await speak(languageOfBrowser(), opensImage ? 'image' : 'first');
// While the scripts of the pages run nothing is painted.
if (opensImage) await Promise.race([posterSeen(), pause(LONGEST_WAIT_MS)]);
// With the frame around it, not after it. Where it fails the route says so.
if (opensImage) withWords('image', () => import('../pages/image/ImagePage')).catch(() => {});
await import('./pages');
