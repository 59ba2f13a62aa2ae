import { expect, it } from 'vitest';
import { chosen, outcomeOf } from './mapping';

it('a preview counts lesions by their target', () => {
  const found = [
    ['CYST', { lesions: 3, images: 2 }],
    ['cyst 2', { lesions: 2, images: 2 }],
    ['artefact', { lesions: 9, images: 4 }],
    ['unclear', { lesions: 1, images: 1 }],
  ] as const;
  const mapping = { CYST: 'c', 'cyst 2': 'c', artefact: 'leave-out', unclear: 'refuse' };
  expect(outcomeOf(found, mapping, [{ id: 'c', name: 'Cyst' }])).toEqual([
    '9 left out',
    '5 Cyst',
    'images with 1 lesions refused',
  ]);
  expect(chosen({ a: '', b: 'c' })).toEqual({ b: 'c' });
});
