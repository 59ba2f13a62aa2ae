import fc from 'fast-check';
import { expect, it } from 'vitest';
import { revealing, rowsInSight } from './rowWindow';

const list = fc.record({
  height: fc.integer({ min: 40, max: 2000 }),
  rowHeight: fc.integer({ min: 20, max: 400 }),
  rows: fc.integer({ min: 1, max: 50_000 }),
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  ahead: fc.integer({ min: 0, max: 12 }),
});

it('every visible row is in the document, and few others', () => {
  fc.assert(
    fc.property(list, ({ height, rowHeight, rows, place, ahead }) => {
      const top = Math.max(0, rows * rowHeight - height) * place;
      const [first, end] = rowsInSight(top, height, rowHeight, rows, ahead);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(rows);
      expect(first === 0 || first * rowHeight <= top).toBe(true);
      expect(end === rows || end * rowHeight >= top + height).toBe(true);
      expect(end - first).toBeLessThanOrEqual(height / rowHeight + 2 + 2 * ahead);
    }),
  );
});

it('a row is scrolled into view as a whole, and a visible row does not scroll the list', () => {
  fc.assert(
    fc.property(list, fc.nat(), ({ height, rowHeight, rows, place }, any) => {
      fc.pre(rowHeight <= height);
      const row = any % rows;
      const top = Math.max(0, rows * rowHeight - height) * place;
      const now = revealing(top, height, rowHeight, row);
      expect(now).toBeLessThanOrEqual(row * rowHeight);
      expect(now + height).toBeGreaterThanOrEqual((row + 1) * rowHeight);
      const seen = row * rowHeight >= top && (row + 1) * rowHeight <= top + height;
      if (seen) expect(now).toBe(top);
    }),
  );
});

it('a row taller than the list is shown from its start', () => {
  expect(revealing(0, 100, 300, 2)).toBe(600);
});
