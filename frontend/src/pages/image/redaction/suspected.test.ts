import { describe, expect, it } from 'vitest';
import type { SuspectedArea, TextDetails } from '../../../api/types';
import { blackBoxFor, blankedText, openBoxes } from './suspected';

const area = (left: number, judgement: SuspectedArea['judgement']) =>
  ({ id: `${left}`, kind: 'text', top: 1, left, height: 4, width: 6, judgement }) as SuspectedArea;

describe('suspected text', () => {
  it('keeps its number while other areas are judged', () => {
    const text = { suspected: [area(1, 'kept'), area(2, null), area(3, 'blacked-out')] };
    const boxes = openBoxes(text as TextDetails);
    expect(boxes.map(({ number, left }) => [number, left])).toEqual([[2, 2]]);
  });

  it('is empty if nobody has searched', () => {
    expect(openBoxes(null)).toEqual([]);
    expect(openBoxes({ suspected: null } as TextDetails)).toEqual([]);
  });

  it('is blacked out with a margin that stays inside the frame', () => {
    expect(blackBoxFor(area(1, null), { width: 64, height: 48 })).toEqual({
      kind: 'rectangle',
      top: 0,
      left: 0,
      height: 7,
      width: 9,
    });
    expect(blackBoxFor(area(58, null), { width: 64, height: 5 })).toEqual({
      kind: 'rectangle',
      top: 0,
      left: 56,
      height: 5,
      width: 8,
    });
  });
});

describe('blanked text', () => {
  it('is counted by kind', () => {
    expect(blankedText(['text', 'banner', 'text'])).toBe('Text × 2, Banner');
  });
});
