import { describe, expect, it } from 'vitest';
import type { ImageDetail, Mask } from '../api/types';
import { newestInLine } from './line';

type Readings = ImageDetail['readings'];

const mask = (revision: number, author: string | null, reading: string | null = null) =>
  ({
    revision,
    source: author ? 'human' : 'model',
    author: author && { id: author, name: author },
    reading_id: reading,
  }) as Mask;

const reading = (id: string, reader: string, blind: boolean) =>
  ({ id, blind, reader: { id: reader, name: reader } }) as Readings[number];

describe('the revision with which a drawing starts', () => {
  const first = reading('1', 'ada', true);
  const second = reading('2', 'ben', true);
  const masks = [mask(4, 'ben', '2'), mask(3, 'ada', '1'), mask(2, 'eve'), mask(1, null)];

  it("is a blind reader's own, even once the other's may be seen", () => {
    const image = { masks, reading: first, readings: [first, second] };
    expect(newestInLine(image)?.revision).toBe(3);
  });

  it("is the model's for a blind reader who has not started", () => {
    const image = { masks: [mask(2, 'eve'), mask(1, null)], reading: first, readings: [first] };
    expect(newestInLine(image)?.revision).toBe(1);
  });

  it('ignores blind readings for everybody else', () => {
    const image = { masks, reading: null, readings: [first, second] };
    expect(newestInLine(image)?.revision).toBe(2);
  });

  it('is the newest if nobody reads blind, and null if there is none', () => {
    const open = reading('2', 'ben', false);
    expect(newestInLine({ masks, reading: null, readings: [open] })?.revision).toBe(4);
    expect(newestInLine({ masks: [], reading: null, readings: [] })).toBeNull();
  });
});
