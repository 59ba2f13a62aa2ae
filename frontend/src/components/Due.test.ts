import { describe, expect, it } from 'vitest';
import { dueText, urgencyOf } from './Due';

const at = (day: number, hour: number) => new Date(2026, 10, day, hour).toISOString();
const now = new Date(2026, 10, 20, 15).getTime();

describe('a due date', () => {
  it('is given in calendar days, not in spans of 24 hours', () => {
    expect(dueText(at(21, 1), now)).toBe('Due tomorrow');
    expect(dueText(at(20, 23), now)).toBe('Due today');
    expect(dueText(at(25, 1), now)).toBe('Due Nov 25');
  });

  it('counts the days of delay', () => {
    expect(dueText(at(19, 23), now)).toBe('1 day late');
    expect(dueText(at(13, 1), now)).toBe('7 days late');
  });

  it('warns two days ahead and is overdue from the exact minute on', () => {
    expect(urgencyOf(at(23, 1), now)).toBe('later');
    expect(urgencyOf(at(22, 23), now)).toBe('soon');
    expect(urgencyOf(at(20, 14), now)).toBe('late');
  });
});
