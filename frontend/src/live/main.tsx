import { languageOfBrowser, speak } from '../language/language';

// Modules of the page hold words in tables: the language comes first.
await speak(languageOfBrowser(), 'live');
await import('./page');
