/** The first moment of a day, or of a day some days later; `date` as for `endOfDay`. */
export function startOfDay(date: string, daysLater = 0): string | null {
  const [year, month, day] = date.split('-').map(Number);
  if (!year || !month || !day) return null;
  return new Date(year, month - 1, day + daysLater).toISOString();
}

/** The end of a day such as "2026-11-24", in the reader's time zone. */
export function endOfDay(date: string): string | null {
  const [year, month, day] = date.split('-').map(Number);
  if (!year || !month || !day) return null;
  return new Date(year, month - 1, day, 23, 59, 59).toISOString();
}

/** A day counted from today, such as "2026-11-24". */
export function dateInDays(days: number, now: Date = new Date()): string {
  const then = new Date(now.getFullYear(), now.getMonth(), now.getDate() + days);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())}`;
}
