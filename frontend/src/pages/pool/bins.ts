import type { Bin } from '../../api/workflowTypes';
import { currentLanguage } from '../../language/language';

const plain = (value: number): string =>
  value.toLocaleString(currentLanguage(), { maximumSignificantDigits: 3 });

/** The range of a histogram bar, in `unit` after scaling by `factor`. */
export function binText(bin: Bin, unit: string, factor = 1): string {
  const low = plain(bin.low * factor);
  if (bin.high === null) return `≥ ${low} ${unit}`;
  const high = plain(bin.high * factor);
  return bin.low === 0 ? `< ${high} ${unit}` : `${low}–${high} ${unit}`;
}

/** The same without the unit, short enough for an axis. */
export function binTick(bin: Bin, factor = 1): string {
  const low = plain(bin.low * factor);
  return bin.high === null ? `≥ ${low}` : `${low}–${plain(bin.high * factor)}`;
}

/** Every month from the first to the last ("2026-01"), including those without an approval. */
export function everyMonth(
  months: readonly { month: string; count: number }[],
): { month: string; count: number }[] {
  const counts = new Map(months.map(({ month, count }) => [month, count]));
  const sorted = [...counts.keys()].sort();
  const first = sorted[0];
  const last = sorted.at(-1);
  if (!first || !last) return [];
  const all: { month: string; count: number }[] = [];
  for (let month = first; month <= last; month = following(month)) {
    all.push({ month, count: counts.get(month) ?? 0 });
  }
  return all;
}

function following(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
}

const name = new Intl.DateTimeFormat(currentLanguage(), {
  month: 'short',
  year: '2-digit',
  timeZone: 'UTC',
});
export const monthText = (month: string): string => name.format(new Date(`${month}-01T00:00:00Z`));
