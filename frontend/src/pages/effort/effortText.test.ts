import { describe, expect, it } from 'vitest';
import { bucketText, timeText, weighted } from './effortText';

const figures = (images: number, dice_mean: number | null) => ({
  images,
  dice_mean,
  seconds_median: null,
  seconds_mean: null,
  untouched_share: null,
});

describe('figures of effort', () => {
  it('weight each group by its images', () => {
    expect(weighted([figures(1, 1), figures(3, 0.6)], 'dice_mean')).toBeCloseTo(0.7);
  });

  it('leave out groups without measurements instead of counting them as 0', () => {
    expect(weighted([figures(5, null), figures(2, 0.8)], 'dice_mean')).toBe(0.8);
    expect(weighted([figures(5, null)], 'dice_mean')).toBeNull();
  });

  it('give times in the unit that people would use', () => {
    expect(timeText(4.26)).toBe('4.3 s');
    expect(timeText(95.4)).toBe('95 s');
    expect(timeText(150)).toBe('2 min 30 s');
    expect(timeText(null)).toBe('–');
  });

  it('name a bucket by its first day on the server, in any time zone of the reader', () => {
    expect(bucketText('2026-11-01T00:00:00Z', 'month')).toBe('Nov 26');
    expect(bucketText('2026-11-02', 'day')).toBe('Nov 2');
  });
});
