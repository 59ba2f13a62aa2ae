import type { Query } from '../../api/client';
import type { ImageState, SessionUser } from '../../api/types';

export type LesionFilter = 'none' | 'one' | 'several';
export type Sort = 'newest' | 'oldest' | 'uncertain';

/** What the worklist shows, as it stands in the address; defaults are left out. */
export interface WorklistSearch {
  q?: string;
  state?: ImageState;
  lesions?: LesionFilter;
  model?: string;
  owner?: 'me';
  sort?: Exclude<Sort, 'newest'>;
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((candidate) => candidate === value);
}

const text = (value: unknown): string | undefined =>
  // The router reads a search of digits as a number.
  typeof value === 'string' || typeof value === 'number' ? String(value) || undefined : undefined;

/** Reads the address; what it does not know is ignored, so old links keep working. */
export function parseWorklistSearch(search: Record<string, unknown>): WorklistSearch {
  const all = {
    q: text(search.q),
    state: oneOf(search.state, ['unlabelled', 'predicted'] as const),
    lesions: oneOf(search.lesions, ['none', 'one', 'several'] as const),
    model: text(search.model),
    owner: oneOf(search.owner, ['me'] as const),
    sort: oneOf(search.sort, ['oldest', 'uncertain'] as const),
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as WorklistSearch;
}

export function hasFilters(search: WorklistSearch): boolean {
  return Boolean(search.q || search.state || search.lesions || search.model || search.owner);
}

/** The api's query for a search; only reviewers and admins may ask for everybody's images. */
export function imagesQuery(search: WorklistSearch, user: SessionUser | null): Query {
  const seesAll = user !== null && user.role !== 'annotator';
  return {
    q: search.q,
    state: search.state,
    lesions: search.lesions,
    model: search.model,
    sort: search.sort,
    owner: seesAll ? (search.owner ?? 'all') : undefined,
  };
}
