import { plural, t } from '@lingui/core/macro';
import { currentLanguage } from '../language/language';
import classes from './Due.module.css';
import { Tooltip } from './Tooltip';

const DAY_MS = 86_400_000;
const SOON_DAYS = 2;
const day = new Intl.DateTimeFormat(currentLanguage(), { day: 'numeric', month: 'short' });
const exact = new Intl.DateTimeFormat(currentLanguage(), { dateStyle: 'full', timeStyle: 'short' });

const startOfDay = (time: number): number => new Date(time).setHours(0, 0, 0, 0);

/** Whole calendar days from now to then, in the reader's time zone. */
export function daysUntil(iso: string, now: number = Date.now()): number {
  return Math.round((startOfDay(new Date(iso).getTime()) - startOfDay(now)) / DAY_MS);
}

export type Urgency = 'late' | 'soon' | 'later';

export function urgencyOf(iso: string, now: number = Date.now()): Urgency {
  if (new Date(iso).getTime() < now) return 'late';
  return daysUntil(iso, now) <= SOON_DAYS ? 'soon' : 'later';
}

export function dueText(iso: string, now: number = Date.now()): string {
  const days = daysUntil(iso, now);
  if (urgencyOf(iso, now) === 'late') {
    if (days === 0) return t`Due today`;
    return plural(-days, { one: '1 day late', other: '# days late' });
  }
  if (days === 0) return t`Due today`;
  return days === 1 ? t`Due tomorrow` : t`Due ${day.format(new Date(iso))}`;
}

/** When a reading is due; late ones are highlighted. */
export function Due({ at }: { at: string }) {
  return (
    <Tooltip label={exact.format(new Date(at))}>
      <time className={classes.root} dateTime={at} data-urgency={urgencyOf(at)}>
        {dueText(at)}
      </time>
    </Tooltip>
  );
}
