import { describe, expect, it } from 'vitest';
import { sizeText } from '../../app/poolText';
import { binText, binTick, everyMonth, monthText } from './bins';

describe('bars of a histogram', () => {
  it('are named by their range, and open at both ends of the axis', () => {
    expect(binText({ low: 0, high: 5, count: 1 }, 'mm')).toBe('< 5 mm');
    expect(binText({ low: 5, high: 10, count: 1 }, 'mm')).toBe('5–10 mm');
    expect(binText({ low: 80, high: null, count: 1 }, 'mm')).toBe('≥ 80 mm');
  });

  it('are in per cent without floating-point noise', () => {
    expect(binTick({ low: 0.07, high: 0.29, count: 1 }, 100)).toBe('7–29');
  });
});

describe('months', () => {
  it('leave none out across the turn of the year', () => {
    const months = everyMonth([
      { month: '2026-02', count: 3 },
      { month: '2025-11', count: 1 },
    ]);
    expect(months).toEqual([
      { month: '2025-11', count: 1 },
      { month: '2025-12', count: 0 },
      { month: '2026-01', count: 0 },
      { month: '2026-02', count: 3 },
    ]);
    expect(monthText('2025-12')).toBe('Dec 25');
  });

  it('are empty before the first approval', () => {
    expect(everyMonth([])).toEqual([]);
  });
});

describe('sizes of files', () => {
  it.each([
    [0, '0\u00a0B'],
    [999, '999\u00a0B'],
    [1_000, '1\u00a0kB'],
    [67_108_864, '67.1\u00a0MB'],
    [123_456_789, '123\u00a0MB'],
    [1_200_000_000, '1.2\u00a0GB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });
});
