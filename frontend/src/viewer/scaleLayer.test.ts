import { describe, expect, it } from 'vitest';
import { placesOf } from './scaleLayer';

describe('the marks of a printed scale', () => {
  it('are equally spaced from the first to the last', () => {
    expect(placesOf({ start: [10, 20], end: [16, 50], marks: 4 })).toEqual([
      { x: 10, y: 20 },
      { x: 12, y: 30 },
      { x: 14, y: 40 },
      { x: 16, y: 50 },
    ]);
  });
});
