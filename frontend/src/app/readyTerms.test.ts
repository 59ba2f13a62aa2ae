import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LabelSet } from '../api/types';
import { speak } from '../language/language';
import { inOwnWords } from './readyTerms';

beforeAll(() => {
  globalThis.document = { documentElement: {} } as never;
  return speak('de', 'panels');
});
afterAll(() => speak('en', 'panels'));

it('shows words of the lexicon in the language of the page, and what a site wrote as it is', () => {
  const ours = { name: 'Herd nach OP', choices: [{ value: 'oval', meaning: 'Oval' }] };
  const set = {
    classes: [{ name: 'Mass' }, { name: 'Our mass' }],
    attributes: [
      { name: 'Margin', choices: [{ value: 'none', meaning: 'No posterior features' }] },
      ours,
    ],
  } as unknown as LabelSet;

  const shown = inOwnWords(set);

  expect(shown.classes.map(({ name }) => name)).toEqual(['Herdbefund', 'Our mass']);
  expect(shown.attributes.map(({ name, choices }) => [name, choices])).toEqual([
    ['Begrenzung', [{ value: 'none', meaning: 'Keine dorsalen Schallphänomene' }]],
    ['Herd nach OP', [{ value: 'oval', meaning: 'Oval' }]],
  ]);
});
