import { expect, it } from 'vitest';
import { overall, setResults } from './howWell';

const METRICS = {
  onnx_parity_max_logit_difference: { '256x256': 1e-5 },
  validation: {
    mmotu: { count: 100, lesion_dice_mean: 0.8, missed_share: 0.02, lesion_free_count: 0 },
    'bus-bra': { count: 300, lesion_dice_mean: 0.9, missed_share: 0.01 },
    'lesion-free': { lesion_free_count: 200, lesion_free_outlined: 0.25 },
    'a hospital': 'free text',
  },
};

it('combines the sets of a card weighted by images, and leaves out missing measurements', () => {
  const sets = setResults(METRICS);
  expect(sets.map(({ lesionImages }) => lesionImages)).toEqual([300, 100, 0]);
  expect(sets[2]).toMatchObject({ dice: null, missed: null, outlined: 0.25 });
  const all = overall(sets);
  expect(all?.lesionImages).toBe(400);
  expect(all?.dice).toBeCloseTo(0.875);
  expect(all?.missed).toBeCloseTo(0.0125);
  expect(all).toMatchObject({ freeImages: 200, outlined: 0.25 });
});

it('counts misses and false outlines as readers see them, with the presence operating point', () => {
  const sets = setResults({
    ...METRICS,
    presence: {
      held_out: {
        mmotu: { lesion: { missed: 0.03 } },
        'lesion-free': { lesion_free: { outlined: 0.1 } },
      },
    },
  });
  expect(sets.map(({ missed }) => missed)).toEqual([0.01, 0.03, null]);
  expect(sets[2]?.outlined).toBe(0.1);
});

it('is empty for a card without figures', () => {
  expect(setResults(undefined)).toEqual([]);
  expect(setResults({ validation: null })).toEqual([]);
  expect(overall([])).toBeNull();
});
