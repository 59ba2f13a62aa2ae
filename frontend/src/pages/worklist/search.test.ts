import { describe, expect, it } from 'vitest';
import type { SessionUser } from '../../api/types';
import { tabsFor } from './queues';
import { hasFilters, imagesQuery, parseWorklistSearch, withoutFilters } from './search';

const person = (role: SessionUser['role']): SessionUser => ({
  id: 'u',
  name: 'U',
  email: 'u@example.org',
  role,
  site_admin: role === 'admin',
  language: null,
  projects: [{ id: 'p', name: 'P', role }],
});

describe('the worklist in the address', () => {
  it('is read back as it was written', () => {
    const search = {
      queue: 'to-review',
      q: 'S-7F',
      state: 'in-correction',
      lesions: 'several',
      text: 'suspected',
      sort: 'due',
    };
    expect(parseWorklistSearch(search)).toEqual(search);
  });

  it('ignores unknown parts, so old links keep working', () => {
    expect(
      parseWorklistSearch({ state: 'gone', sort: 'priority', queue: 'x', page: 7, q: '' }),
    ).toEqual({});
  });

  it('reads a search of digits as text', () => {
    expect(parseWorklistSearch({ q: 199 })).toEqual({ q: '199' });
  });

  it('distinguishes filters from the order', () => {
    expect(hasFilters({ sort: 'oldest', queue: 'drafts' })).toBe(false);
    expect(hasFilters({ lesions: 'none' })).toBe(true);
  });

  it('keeps its queue and order when the filters are cleared', () => {
    expect(withoutFilters({ queue: 'drafts', sort: 'due', q: 'S', lesions: 'one' })).toEqual({
      queue: 'drafts',
      sort: 'due',
    });
  });
});

describe('the query to the api', () => {
  it("requests everybody's images only if the role allows it", () => {
    expect(imagesQuery({}, person('annotator')).owner).toBeUndefined();
    expect(imagesQuery({}, person('reviewer')).owner).toBe('all');
    expect(imagesQuery({ owner: 'me' }, person('admin')).owner).toBe('me');
  });
});

describe('the queues of a person', () => {
  const counts = {
    to_correct: 3,
    returned: 0,
    submitted_by_me: 0,
    to_review: 0,
    to_adjudicate: 0,
    overdue: 0,
    drafts: 2,
    unassigned: 0,
    archived: 0,
  };
  const names = (role: SessionUser['role'], shown?: 'overdue' | 'unassigned') =>
    tabsFor(person(role), counts, shown).map(({ queue }) => queue ?? 'all');

  it('are those of the role, seldom filled ones only if they contain something', () => {
    expect(names('annotator')).toEqual(['all', 'to-correct', 'returned', 'drafts', 'approved']);
    expect(names('reviewer')).toContain('to-adjudicate');
    expect(names('reviewer')).not.toContain('overdue');
  });

  it('include the one in the address, whatever the role', () => {
    expect(names('annotator', 'overdue')).toContain('overdue');
    expect(names('annotator', 'unassigned').at(-1)).toBe('unassigned');
  });
});
