import { describe, expect, it } from 'vitest';
import { NEW_ORDER, orderOf } from './orderDraft';

describe('an order of an export', () => {
  it("includes both days entirely, in the person's time zone", () => {
    const filters = orderOf({ ...NEW_ORDER, from: '2026-11-30', to: '2026-11-30' })?.filters;
    expect(filters?.approved_from).toBe(new Date(2026, 10, 30).toISOString());
    expect(filters?.approved_to).toBe(new Date(2026, 11, 1).toISOString());
  });

  it('does not filter by days left empty', () => {
    const filters = orderOf(NEW_ORDER)?.filters;
    expect([filters?.approved_from, filters?.approved_to]).toEqual([null, null]);
  });

  it('leaves out anything that may show a name unless somebody takes responsibility', () => {
    expect(orderOf(NEW_ORDER)?.suspected_text).toBe('leave-out');
    expect(orderOf({ ...NEW_ORDER, suspectedText: 'include' })?.suspected_text).toBe('include');
  });

  it('is not sent if it would contain nothing', () => {
    expect(orderOf({ ...NEW_ORDER, splits: [] })).toBeNull();
    expect(orderOf({ ...NEW_ORDER, states: [] })).toBeNull();
    expect(orderOf({ ...NEW_ORDER, from: '2026-11-30', to: '2026-11-29' })).toBeNull();
  });
});
