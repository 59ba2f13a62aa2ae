import { t } from '@lingui/core/macro';
import { useEffect, useState } from 'react';
import { currentLanguage } from '../language/language';
import { Tooltip } from './Tooltip';

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

const relative = new Intl.RelativeTimeFormat(currentLanguage(), {
  numeric: 'auto',
  style: 'short',
});
const exact = new Intl.DateTimeFormat(currentLanguage(), {
  dateStyle: 'full',
  timeStyle: 'medium',
});

export function relativeTime(iso: string, now: number = Date.now()): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return t`just now`;
}

const toTheSecond = new Intl.DateTimeFormat(currentLanguage(), {
  dateStyle: 'medium',
  timeStyle: 'medium',
});

/** A point in time to the second, in the reader's time zone. */
export const momentText = (iso: string): string => toTheSecond.format(new Date(iso));

/** The same, with the time from now in the tooltip. */
export function ExactMoment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={relativeTime(at)}>
      {momentText(at)}
    </time>
  );
}

/** A point in time relative to now, with the exact one in the tooltip. */
export function Moment({ at }: { at: string | null }) {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  if (!at) return <>–</>;
  return (
    <Tooltip label={exact.format(new Date(at))}>
      <time dateTime={at}>{relativeTime(at)}</time>
    </Tooltip>
  );
}
