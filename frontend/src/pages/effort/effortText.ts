import { t } from '@lingui/core/macro';
import type { Bucket, EffortFigures } from '../../api/workflowTypes';
import { currentLanguage, fixed } from '../../language/language';

/** Active editing time, worded as people would say it. */
export function timeText(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 10)
    return `${seconds.toLocaleString(currentLanguage(), { maximumFractionDigits: 1 })} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return t`${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export const diceText = (dice: number | null): string => (dice === null ? '–' : fixed(dice, 3));

export const shareText = (share: number | null): string =>
  share === null ? '–' : `${Math.round(share * 100)} %`;

const NAMES: Record<Bucket, Intl.DateTimeFormat> = {
  day: new Intl.DateTimeFormat(currentLanguage(), {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  }),
  week: new Intl.DateTimeFormat(currentLanguage(), {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  }),
  month: new Intl.DateTimeFormat(currentLanguage(), {
    month: 'short',
    year: '2-digit',
    timeZone: 'UTC',
  }),
};

/** A bucket named by its first day; the server's days are in UTC. */
export const bucketText = (start: string, bucket: Bucket): string =>
  NAMES[bucket].format(new Date(start));

/** The mean over several groups, weighted by their images; null if nothing was measured. */
export function weighted(
  groups: readonly EffortFigures[],
  figure: 'seconds_mean' | 'dice_mean' | 'untouched_share',
): number | null {
  let sum = 0;
  let images = 0;
  for (const group of groups) {
    const value = group[figure];
    if (value === null) continue;
    sum += value * group.images;
    images += group.images;
  }
  return images > 0 ? sum / images : null;
}
