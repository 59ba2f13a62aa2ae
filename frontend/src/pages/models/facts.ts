import { t } from '@lingui/core/macro';
import { comma, currentLanguage } from '../../language/language';
import { cardText } from './cardText';
import { NAMES } from './factNames';

const wordsOf = (key: string): string => key.replaceAll('_', ' ');

function nameOf(key: string): string {
  const known = NAMES[key.toLowerCase()];
  if (known) return known;
  const words = wordsOf(key);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const digits = (options: Intl.NumberFormatOptions) =>
  new Intl.NumberFormat(currentLanguage(), options);
const tiny = digits({
  notation: 'scientific',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const four = digits({ maximumSignificantDigits: 4 });
const three = digits({ minimumSignificantDigits: 3, maximumSignificantDigits: 3 });

export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean') return value ? t`yes` : t`no`;
  if (typeof value === 'number') {
    if (value !== 0 && Math.abs(value) < 1e-3) return tiny.format(value).replace('E', 'e');
    if (!Number.isInteger(value)) return four.format(value);
    if (Math.abs(value) >= 1e9) return `${three.format(value / 1e9)} G`;
    if (Math.abs(value) >= 1e6) return `${three.format(value / 1e6)} M`;
    return value.toLocaleString(currentLanguage());
  }
  if (Array.isArray(value)) return value.map(formatValue).join(comma());
  if (typeof value === 'object') {
    return factsOf(value as Record<string, unknown>)
      .map((fact) => fact.join(' '))
      .join(comma());
  }
  return cardText(String(value));
}

const isEmpty = (value: unknown): boolean =>
  value !== null && typeof value === 'object' && Object.keys(value).length === 0;

/** An entry of a list: its name first, then its other values. */
function entryText(entry: unknown): string {
  if (entry === null || typeof entry !== 'object') return formatValue(entry);
  return Object.entries(entry)
    .filter(([, value]) => !isEmpty(value))
    .map(([key, value]) =>
      key === 'name' || typeof value === 'string'
        ? formatValue(value)
        : `${nameOf(key)}: ${formatValue(value)}`,
    )
    .join('; ');
}

/** A line for a list of the card: text as it is, an object as its values. */
export function lineOf(entry: unknown): string {
  return entry !== null && typeof entry === 'object'
    ? Object.values(entry).map(formatValue).join(': ')
    : formatValue(entry);
}

/**
 * A part of a model card, whose keys are arbitrary, as lines of name and value. Nested keys are
 * joined by a middle dot: "MMOTU · IoU".
 */
export function factsOf(
  part: Record<string, unknown> | undefined,
  prefix = '',
): [string, string][] {
  return Object.entries(part ?? {}).flatMap(([key, value]): [string, string][] => {
    const name = prefix ? `${prefix} · ${nameOf(key)}` : nameOf(key);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      return factsOf(value as Record<string, unknown>, name);
    }
    if (Array.isArray(value) && value.some((item) => item !== null && typeof item === 'object')) {
      return value.map((item): [string, string] => [name, entryText(item)]);
    }
    return [[name, formatValue(value)]];
  });
}
