import { describe, expect, it } from 'vitest';
import { initials } from './initials';

describe('initials', () => {
  it.each([
    ['Maya Okafor', 'MO'],
    ['Prof. Dr. Elena Rossi', 'ER'],
    ['Anna Maria van der Berg', 'AB'],
    ['Administrator', 'A'],
    ['Dr.', 'D'],
    ['', '?'],
  ])('of "%s" are %s', (name, letters) => {
    expect(initials(name)).toBe(letters);
  });
});
