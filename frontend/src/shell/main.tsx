import { languageOfBrowser, speak } from '../language/language';

// Modules of the pages hold words in tables: the language comes first.
await speak(languageOfBrowser());
await import('./pages');
