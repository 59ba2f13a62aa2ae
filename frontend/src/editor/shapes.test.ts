import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMap, countOf, editorOf, ellipse, mapOf, textOf } from '../testing/maps';
import * as commands from './commands';
import { squaredDistance } from './distance';

describe('growing and shrinking', () => {
  it('use the true distance between pixel centres', () => {
    const editor = editorOf(
      mapOf('.......', '.......', '.......', '...1...', '.......', '.......', '.......'),
    );
    commands.grow(editor, 2);
    expect(textOf(editor.map)).toEqual([
      '.......',
      '...1...',
      '..111..',
      '.11111.',
      '..111..',
      '...1...',
      '.......',
    ]);
  });

  it('do not affect other lesions', () => {
    const editor = editorOf(mapOf('.1.2'));
    commands.grow(editor, 3);
    expect(textOf(editor.map)).toEqual(['1112']);
  });

  it('shrink from all that is not the lesion, but not from the edge of the image', () => {
    const editor = editorOf(mapOf('1111.', '1111.', '1111.', '.....'));
    commands.shrink(editor);
    expect(textOf(editor.map)).toEqual(['111..', '111..', '.....', '.....']);
  });

  it('refuse to shrink a lesion to nothing', () => {
    const editor = editorOf(mapOf('....', '.11.', '....'));
    expect(commands.shrink(editor)).toBe(false);
    expect(editor.state.get().notice).toBe('Lesion 1 is too small to shrink.');
    expect(countOf(editor.map, 1)).toBe(2);
  });

  it('measure distances exactly', () => {
    fc.assert(
      fc.property(anyMap(1), ({ data, width, height }) => {
        fc.pre(data.includes(1));
        const found = squaredDistance(data, width, height);
        const set = [...data.keys()].filter((i) => data[i] === 1);
        for (let i = 0; i < data.length; i += 1) {
          const nearest = set.map(
            (j) =>
              ((i % width) - (j % width)) ** 2 +
              (Math.floor(i / width) - Math.floor(j / width)) ** 2,
          );
          expect(found[i]).toBe(Math.min(...nearest));
        }
      }),
    );
  });
});

describe('holes', () => {
  it('are filled if the lesion encloses them, without changing other lesions', () => {
    const editor = editorOf(mapOf('11111', '1.1.1', '112.1', '11111', '1...1'));
    commands.fillHoles(editor);
    expect(textOf(editor.map)).toEqual(['11111', '11111', '11211', '11111', '1...1']);
  });

  it('do not leak out at corners', () => {
    const editor = editorOf(mapOf('.1.', '1.1', '.1.'));
    commands.fillHoles(editor);
    expect(textOf(editor.map)).toEqual(['.1.', '111', '.1.']);
  });

  it('one is filled by a click, with the lesion around it', () => {
    const editor = editorOf(mapOf('.......', '.22211.', '.2.21.1', '.222.1.', '.......'));
    commands.fillHoleAt(editor, 2, 2);
    expect(textOf(editor.map)[2]).toBe('.2221.1');
    expect(commands.fillHoleAt(editor, 0, 0)).toBe(false);
    expect(editor.state.get().notice).toContain('no hole');
  });
});

describe('islands', () => {
  it('one is removed by a click, and the rest of its lesion stays', () => {
    const editor = editorOf(mapOf('11..1', '11...', '.....', '..222'));
    commands.removeIsland(editor, 4, 0);
    expect(textOf(editor.map)).toEqual(['11...', '11...', '.....', '..222']);
    expect(commands.removeIsland(editor, 4, 0)).toBe(false);
  });

  it('small ones are removed all at once, the largest part never', () => {
    const editor = editorOf(mapOf('11..1', '11...', '....1', '1...1'));
    commands.removeIslands(editor, 2);
    expect(textOf(editor.map)).toEqual(['11...', '11...', '....1', '....1']);
    commands.removeIslands(editor, 100);
    expect(textOf(editor.map)).toEqual(['11...', '11...', '.....', '.....']);
  });
});

describe('smoothing', () => {
  it('removes spikes and keeps the position and the size of the rest', () => {
    const map = ellipse(80, 60, { x: 40, y: 30 }, 25, 15);
    const smooth = map.clone();
    for (let x = 60; x < 78; x += 1) map.data[30 * 80 + x] = 1;
    const editor = editorOf(map);
    commands.smooth(editor);
    expect(editor.map.at(75, 30)).toBe(0);
    const differing = editor.map.data.filter((value, i) => value !== smooth.data[i]).length;
    expect(differing).toBeLessThan(countOf(smooth, 1) * 0.02);
  });

  it('does not move a boundary at the edge of the image', () => {
    const editor = editorOf(mapOf(...Array(20).fill(`${'1'.repeat(10)}${'.'.repeat(10)}`)));
    commands.smooth(editor);
    expect(textOf(editor.map)).toEqual(Array(20).fill(`${'1'.repeat(10)}${'.'.repeat(10)}`));
  });

  it('refuses to smooth a lesion to nothing', () => {
    const editor = editorOf(mapOf('.....', '..1..', '.....'));
    expect(commands.smooth(editor)).toBe(false);
    expect(countOf(editor.map, 1)).toBe(1);
  });
});
