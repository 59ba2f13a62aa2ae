import { askEarly } from '../api/early';
import { fetchPoster, paintPoster } from '../cine/poster';
import { languageOfBrowser, speak } from '../language/language';

const { pathname } = window.location;
// Every page but those waits for it.
if (!/^\/ui\/(sign-in|forgotten|set-up)/.test(pathname)) askEarly('/session');
const opensImage = fetchPoster(pathname);
if (opensImage) void paintPoster();
// Modules of the pages hold words in tables: the language comes first.
await speak(languageOfBrowser());
// With the frame around it, not after it. Where it fails the route says so.
if (opensImage) import('../pages/image/ImagePage').catch(() => {});
await import('./pages');
