import { describe, expect, it } from 'vitest';
import type { SessionUser } from '../../api/types';
import { hasFilters, imagesQuery, parseWorklistSearch } from './search';

const person = (role: SessionUser['role']): SessionUser => ({
  id: 'u',
  name: 'U',
  email: 'u@example.org',
  role,
});

describe('the worklist in the address', () => {
  it('is read back as it was written', () => {
    const search = { q: 'S-7F', state: 'predicted', lesions: 'several', sort: 'uncertain' };
    expect(parseWorklistSearch(search)).toEqual(search);
  });

  it('ignores what it does not know, so old links keep working', () => {
    expect(parseWorklistSearch({ state: 'gone', sort: 'newest', page: 7, q: '' })).toEqual({});
  });

  it('takes a search of digits as text', () => {
    expect(parseWorklistSearch({ q: 199 })).toEqual({ q: '199' });
  });

  it('tells a filter from an order', () => {
    expect(hasFilters({ sort: 'oldest' })).toBe(false);
    expect(hasFilters({ lesions: 'none' })).toBe(true);
  });
});

describe('the query to the api', () => {
  it("asks for everybody's images only where the role allows it", () => {
    expect(imagesQuery({}, person('annotator')).owner).toBeUndefined();
    expect(imagesQuery({}, person('reviewer')).owner).toBe('all');
    expect(imagesQuery({ owner: 'me' }, person('admin')).owner).toBe('me');
  });
});
