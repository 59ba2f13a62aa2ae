import { describe, expect, it } from 'vitest';
import { contourPixels } from './contourPixels';

function rows(map: { width: number; height: number; data: ArrayLike<number> }): string[] {
  return Array.from({ length: map.height }, (_, y) =>
    Array.from({ length: map.width }, (_, x) => (map.data[y * map.width + x] ? '#' : '.')).join(''),
  );
}

describe('the pixels of an outline', () => {
  it('are those inside and those on the border', () => {
    const square = contourPixels(
      [
        [1, 1],
        [1, 3],
        [3, 3],
        [3, 1],
      ],
      5,
      5,
    );
    expect(rows(square)).toEqual(['.....', '.###.', '.###.', '.###.', '.....']);
  });

  it('follow slanted sides and notches', () => {
    const shape = contourPixels(
      [
        [0, 0],
        [0, 4],
        [4, 4],
        [2, 2],
        [4, 0],
      ],
      5,
      5,
    );
    expect(rows(shape)).toEqual(['#####', '####.', '###..', '####.', '#####']);
  });

  it('exist for a single pixel and for a line', () => {
    expect(rows(contourPixels([[1, 0]], 3, 1))).toEqual(['.#.']);
    expect(
      rows(
        contourPixels(
          [
            [0, 0],
            [2, 0],
          ],
          3,
          2,
        ),
      ),
    ).toEqual(['###', '...']);
  });

  it('outside the frame are left out', () => {
    const over = contourPixels(
      [
        [-1, 0],
        [-1, 1],
        [1, 1],
        [1, 0],
      ],
      3,
      2,
    );
    expect(rows(over)).toEqual(['##.', '##.']);
  });
});
