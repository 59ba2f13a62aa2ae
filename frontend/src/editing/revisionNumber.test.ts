import { describe, expect, it } from 'vitest';
import { revisionNumber } from './revisionNumber';

const seen = (...revisions: number[]) => revisions.map((revision) => ({ revision }));

describe('the number of a revision', () => {
  it("is the server's if all can be seen", () => {
    expect([1, 2, 3].map((one) => revisionNumber(seen(3, 2, 1), one))).toEqual([1, 2, 3]);
  });

  it("has no gap if others' work is hidden from a blind reader", () => {
    expect([1, 4, 7].map((one) => revisionNumber(seen(7, 4, 1), one))).toEqual([1, 2, 3]);
  });

  it('is right for a revision just saved that is not in the list yet', () => {
    expect(revisionNumber(seen(4, 1), 7)).toBe(3);
  });
});
