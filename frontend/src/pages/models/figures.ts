import { currentLanguage } from '../../language/language';

const counts = new Intl.NumberFormat(currentLanguage());

const percents = new Intl.NumberFormat(currentLanguage(), {
  style: 'percent',
  maximumFractionDigits: 0,
});

/** A count as the language of the page writes it. */
export const counted = (value: number): string => counts.format(value);

/** A share from 0 to 1. */
export const percentOf = (share: number): string => percents.format(share);

/** A number with a fixed count of decimal places, and its sign where it is a difference. */
export function fixed(value: number, digits: number, difference = false): string {
  return new Intl.NumberFormat(currentLanguage(), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: difference ? 'exceptZero' : 'auto',
  }).format(value);
}

/** A limit or another number that was written by hand: no more digits than it has. */
export const plainNumber = (value: number): string =>
  new Intl.NumberFormat(currentLanguage(), { maximumSignificantDigits: 6 }).format(value);

/** A day of the calendar ("2026-11-28"), which no time zone may shift; other text as it is. */
export function dayOf(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  const day = new Date(`${text}T00:00:00Z`);
  if (Number.isNaN(day.getTime())) return text;
  return new Intl.DateTimeFormat(currentLanguage(), { dateStyle: 'long', timeZone: 'UTC' }).format(
    day,
  );
}

/** `NAME@VERSION` as it is read. */
export const modelText = (model: string): string => model.replace('@', ' ');
