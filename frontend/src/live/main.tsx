import { languageOfBrowser, speak } from '../language/language';

// Modules of the page hold texts in tables, so the language is loaded first.
await speak(languageOfBrowser(), 'live');
await import('./page');
