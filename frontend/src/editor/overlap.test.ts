import { describe, expect, it } from 'vitest';
import { mapOf } from '../testing/maps';
import { overlap } from './overlap';

describe('Dice', () => {
  it('count every pixel once, by who marked it', () => {
    expect(overlap(mapOf('11..'), mapOf('.22.'))).toEqual({ a: 1, both: 1, b: 1 });
    expect(overlap(mapOf('....'), mapOf('.22.'))).toEqual({ a: 0, both: 0, b: 2 });
    expect(() => overlap(mapOf('11'), mapOf('111'))).toThrow(RangeError);
  });
});
