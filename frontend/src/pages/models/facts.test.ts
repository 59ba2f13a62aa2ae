import { describe, expect, it } from 'vitest';
import { factsOf, formatValue, lineOf } from './facts';

describe('a model card with arbitrary keys', () => {
  it('becomes lines of name and value', () => {
    expect(factsOf({ mmotu: { lesion_iou_mean: 0.81234, images: 200 }, threshold: 0.5 })).toEqual([
      ['MMOTU · Lesion IoU, mean per image', '0.8123'],
      ['MMOTU · Images', '200'],
      ['Threshold', '0.5'],
    ]);
  });

  it('has one line per entry of a list of objects', () => {
    const data = { training: [{ name: 'A', folds: [1, 2], images: 800 }, { name: 'B' }] };
    expect(factsOf(data)).toEqual([
      ['Training', 'A; Folds: 1, 2; Images: 800'],
      ['Training', 'B'],
    ]);
  });

  it('shows nested values of an entry', () => {
    const differs = { crf: { engine: 'none', iterations: 5 } };
    expect(factsOf({ ablation: [{ settings: 'CRF off', differs }, { differs: {} }] })).toEqual([
      [
        'Compared settings',
        'CRF off; Differs in: Conditional random field · Engine none, Conditional random field · Iterations 5',
      ],
      ['Compared settings', ''],
    ]);
  });

  it('is empty if the card has no such part', () => {
    expect(factsOf(undefined)).toEqual([]);
    expect(formatValue(null)).toBe('–');
  });

  it('shortens large counts and keeps small differences readable', () => {
    expect(formatValue(3_299_041)).toBe('3.30 M');
    expect(formatValue(0.00001001)).toBe('1.0e-5');
    expect(formatValue(0)).toBe('0');
  });

  it('accepts licences as text or as parts', () => {
    expect(lineOf('Apache-2.0')).toBe('Apache-2.0');
    expect(lineOf({ part: 'weights', licence: 'Apache-2.0' })).toBe('weights: Apache-2.0');
  });
});
