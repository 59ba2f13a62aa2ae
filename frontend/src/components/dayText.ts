import { currentLanguage } from '../language/language';

// Days are calendar days ("2026-11-24"), which no time zone may shift.
const UTC = { timeZone: 'UTC' } as const;
const language = currentLanguage();
const medium = new Intl.DateTimeFormat(language, { dateStyle: 'medium', ...UTC });
const month = new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric', ...UTC });

/** The order of the parts of a numeric date in the page's language. */
const order = new Intl.DateTimeFormat(language, { dateStyle: 'short', ...UTC })
  .formatToParts(0)
  .map(({ type }) => type)
  .filter((type) => type === 'year' || type === 'month' || type === 'day');

const MONTHS = Array.from({ length: 12 }, (_, number) => {
  const at = new Date(Date.UTC(2000, number, 1));
  return (['short', 'long'] as const).map((length) =>
    new Intl.DateTimeFormat(language, { month: length, day: 'numeric', ...UTC })
      .formatToParts(at)
      .filter(({ type }) => type === 'month')
      .map(({ value }) => value.toLowerCase().replace('.', ''))
      .join(''),
  );
});

const at = (day: string): Date => new Date(`${day}T00:00:00Z`);

/** A day in the format of the page's language. */
export const dayText = (day: string): string => medium.format(at(day));

/** The month and year of a day. */
export const monthText = (day: string): string => month.format(at(day));

/** The day of the week in about two letters. */
export const weekdayText = (day: string): string =>
  new Intl.DateTimeFormat(language, { weekday: 'short', ...UTC }).format(at(day)).replace('.', '');

function dayOfParts(year: number, month: number, day: number): string | null {
  const found = new Date(Date.UTC(year, month - 1, day));
  const same = found.getUTCMonth() === month - 1 && found.getUTCDate() === day;
  return year >= 1000 && year <= 9999 && same ? found.toISOString().slice(0, 10) : null;
}

/** Parses a typed day, in the order of the person's language or with the year first. */
export function dayOfText(text: string): string | null {
  const figures = (text.match(/\d+/g) ?? []).map(Number);
  const word = text.toLowerCase().match(/\p{L}{3,}/u)?.[0];
  const named = word
    ? MONTHS.findIndex((names) => names.some((name) => name.startsWith(word)))
    : -1;
  if (named >= 0) {
    const [first = 0, second = 0] = figures;
    const [year, day] = first > 31 ? [first, second] : [second, first];
    return figures.length === 2 ? dayOfParts(year, named + 1, day) : null;
  }
  const [first = 0, second = 0, third = 0] = figures;
  if (figures.length !== 3) return null;
  if (first > 31) return dayOfParts(first, second, third);
  const part = (type: 'year' | 'month' | 'day') => figures[order.indexOf(type)] ?? 0;
  return dayOfParts(part('year'), part('month'), part('day'));
}
