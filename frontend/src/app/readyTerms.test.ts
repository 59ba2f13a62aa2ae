import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LabelSet } from '../api/types';
import { speak } from '../language/language';
import { inOwnWords } from './readyTerms';

beforeAll(() => {
  globalThis.document = { documentElement: {} } as never;
  return speak('de', 'panels');
});
afterAll(() => speak('en', 'panels'));

it("translates texts of a ready set by their keys, and leaves a site's own texts unchanged", () => {
  const round = { value: 'round', meaning: 'Round' };
  const set = {
    classes: [
      { name: 'Mass', term: 'bi-rads-us/mass' },
      { name: 'Our mass', term: null },
      { name: 'Cyst', term: null },
    ],
    attributes: [
      {
        name: 'Margin',
        term: 'bi-rads-us/margin',
        choices: [{ ...round, term: 'bi-rads-us/shape/round' }, round],
      },
      { name: 'Shape', term: null, choices: [round] },
      { name: 'Of a later release', term: 'bi-rads-us/later' },
    ],
  } as unknown as LabelSet;

  const shown = inOwnWords(set);

  expect(shown.classes.map(({ name }) => name)).toEqual(['Herdbefund', 'Our mass', 'Cyst']);
  expect(
    shown.attributes.map(({ name, choices }) => [name, choices?.map(({ meaning }) => meaning)]),
  ).toEqual([
    ['Begrenzung', ['Rund', 'Round']],
    ['Shape', ['Round']],
    ['Of a later release', undefined],
  ]);
});
