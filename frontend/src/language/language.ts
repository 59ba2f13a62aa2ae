import { i18n, type Messages } from '@lingui/core';
import { site } from './site';

/** The languages of the pages by their tags for `lang` and `Intl`, each under its own name. */
export const LANGUAGES = {
  en: 'English',
  'zh-Hans': '简体中文',
  de: 'Deutsch',
  es: 'Español',
} as const;

export type Language = keyof typeof LANGUAGES;

const STORED = 'sonoloop.language';

type Words = { messages: Messages };

/**
 * Texts by part of the pages and by path of the catalogue: wordsByPage.ts splits them at build
 * time. In development each part contains all texts.
 */
const catalogues = {
  first: import.meta.glob<Words>('./catalogues/*.po', { query: '?first?lingui' }),
  image: import.meta.glob<Words>('./catalogues/*.po', { query: '?image?lingui' }),
  panels: import.meta.glob<Words>('./catalogues/*.po', { query: '?panels?lingui' }),
  later: import.meta.glob<Words>('./catalogues/*.po', { query: '?later?lingui' }),
  live: import.meta.glob<Words>('./catalogues/*.po', { query: '?live?lingui' }),
};

export type Part = keyof typeof catalogues;

/** A module needs the texts of its own part and of the parts before it. */
const NEEDED: Record<Part, readonly Part[]> = {
  first: ['first'],
  image: ['first', 'image'],
  panels: ['first', 'image', 'panels'],
  later: ['first', 'image', 'panels', 'later'],
  live: ['live'],
};

export const isLanguage = (tag: unknown): tag is Language =>
  typeof tag === 'string' && Object.hasOwn(LANGUAGES, tag);

/** The first of the wanted languages (BCP 47 tags) that the pages support, else English. */
export function bestLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split('-')[0];
    // Readers of traditional characters read simplified ones more easily than English.
    if (language === 'zh') return 'zh-Hans';
    if (isLanguage(language)) return language;
  }
  return 'en';
}

/**
 * The language that this browser showed last, so that the sign-in page uses it too, else the site's
 * language, else the browser's preference.
 */
export function languageOfBrowser(): Language {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(STORED);
  } catch {
    // A browser may forbid storage; the pages then use its own language.
  }
  if (isLanguage(stored)) return stored;
  return isLanguage(site.language) ? site.language : bestLanguage(navigator.languages);
}

export const currentLanguage = (): Language => (isLanguage(i18n.locale) ? i18n.locale : 'en');

/** Joins items according to the language of the page: "a, b and c". */
export const listed = (things: readonly string[]): string =>
  new Intl.ListFormat(currentLanguage(), { type: 'conjunction' }).format(things);

/** The separator between parts of one line. */
export const comma = (): string => (currentLanguage() === 'zh-Hans' ? '，' : ', ');

const formats = new Map<string, Intl.NumberFormat>();

/** A number with the given decimals, as the page's language writes it: "11.3", "11,3". */
export function fixed(value: number, decimals: number): string {
  const key = `${currentLanguage()} ${decimals}`;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const format = formats.get(key) ?? new Intl.NumberFormat(currentLanguage(), digits);
  formats.set(key, format);
  return format.format(value);
}

/** The texts of a part and of those before it. */
async function wordsOf(language: Language, part: Part): Promise<Messages> {
  const found = await Promise.all(
    NEEDED[part].map((one) => catalogues[one][`./catalogues/${language}.po`]?.()),
  );
  return Object.assign({}, ...found.map((words) => words?.messages));
}

/** Load the texts of a part; called once, before any other module of the pages runs. */
export async function speak(language: Language, part: Part): Promise<void> {
  i18n.loadAndActivate({ locale: language, messages: await wordsOf(language, part) });
  document.documentElement.lang = language;
}

/** Load the texts of another part; called before the modules of such a page run. */
export async function speakAlso(part: Part): Promise<void> {
  i18n.load(currentLanguage(), await wordsOf(currentLanguage(), part));
}

/** Store a language for this browser. Returns false if the browser forbids that. */
function remember(language: Language): boolean {
  try {
    localStorage.setItem(STORED, language);
    return localStorage.getItem(STORED) === language;
  } catch {
    return false;
  }
}

/**
 * Reload the pages in another language; returns true if they are reloaded. The language is fixed
 * for the lifetime of a page, so modules may hold tables of texts at top level.
 */
export function changeLanguage(language: Language): boolean {
  if (language === currentLanguage() || !remember(language)) return false;
  window.location.reload();
  return true;
}
