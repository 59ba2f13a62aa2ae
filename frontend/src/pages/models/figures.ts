import { currentLanguage } from '../../language/language';

const counts = new Intl.NumberFormat(currentLanguage());

const percents = new Intl.NumberFormat(currentLanguage(), {
  style: 'percent',
  maximumFractionDigits: 0,
});

/** A count in the number format of the page's language. */
export const counted = (value: number): string => counts.format(value);

/** A fraction from 0 to 1 as a percentage. */
export const percentOf = (share: number): string => percents.format(share);

/** A number with a fixed number of decimal places, and with its sign if it is a difference. */
export function fixed(value: number, digits: number, difference = false): string {
  return new Intl.NumberFormat(currentLanguage(), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: difference ? 'exceptZero' : 'auto',
  }).format(value);
}

/** A limit or another hand-written number: no more digits than it has. */
export const plainNumber = (value: number): string =>
  new Intl.NumberFormat(currentLanguage(), { maximumSignificantDigits: 6 }).format(value);

/** A calendar day ("2026-11-28"), which no time zone may shift; other text stays unchanged. */
export function dayOf(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  const day = new Date(`${text}T00:00:00Z`);
  if (Number.isNaN(day.getTime())) return text;
  return new Intl.DateTimeFormat(currentLanguage(), { dateStyle: 'long', timeZone: 'UTC' }).format(
    day,
  );
}

/** `NAME@VERSION` in readable form. */
export const modelText = (model: string): string => model.replace('@', ' ');
