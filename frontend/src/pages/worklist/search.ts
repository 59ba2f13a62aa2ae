import type { Query } from '../../api/client';
import type { SessionUser } from '../../api/types';
import type { WorkState } from '../../api/workflowTypes';
import { isReviewer } from '../../app/session';

export const QUEUES = [
  'to-correct',
  'returned',
  'to-review',
  'to-adjudicate',
  'overdue',
  'drafts',
  'unassigned',
  'approved',
  'archived',
] as const;
/** Images that wait for somebody; the server decides which ones for the current person. */
export type QueueName = (typeof QUEUES)[number];

export const STATES = [
  'unlabelled',
  'predicted',
  'in-correction',
  'submitted',
  'returned',
  'approved',
] as const satisfies readonly WorkState[];

export type LesionFilter = 'none' | 'one' | 'several';
/** An area looks like text and nobody has judged it; or the image was never searched for text. */
export type TextFilter = 'suspected' | 'unknown';
/** `priority`: most uncertain first, then those on which two readers disagree, then the oldest. */
export type Sort = 'priority' | 'newest' | 'oldest' | 'due';

/** The state of the worklist in the address; default values are left out. */
export interface WorklistSearch {
  queue?: QueueName;
  q?: string;
  state?: WorkState;
  lesions?: LesionFilter;
  text?: TextFilter;
  model?: string;
  owner?: 'me';
  /** A person's id: only images that they read. */
  reader?: string;
  sort?: Exclude<Sort, 'priority'>;
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((candidate) => candidate === value);
}

const text = (value: unknown): string | undefined =>
  // The router reads a search of digits as a number.
  typeof value === 'string' || typeof value === 'number' ? String(value) || undefined : undefined;

/** Parses the address; unknown parts are ignored, so old links keep working. */
export function parseWorklistSearch(search: Record<string, unknown>): WorklistSearch {
  const all = {
    queue: oneOf(search.queue, QUEUES),
    q: text(search.q),
    state: oneOf(search.state, STATES),
    lesions: oneOf(search.lesions, ['none', 'one', 'several'] as const),
    text: oneOf(search.text, ['suspected', 'unknown'] as const),
    model: text(search.model),
    owner: oneOf(search.owner, ['me'] as const),
    reader: text(search.reader),
    sort: oneOf(search.sort, ['newest', 'oldest', 'due'] as const),
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as WorklistSearch;
}

/** Whether anything besides queue and order restricts the list. */
export function hasFilters(search: WorklistSearch): boolean {
  const { queue: _, sort: __, ...filters } = search;
  return Object.values(filters).some(Boolean);
}

/** The same queue and order without the filters. */
export function withoutFilters({ queue, sort }: WorklistSearch): WorklistSearch {
  return { ...(queue ? { queue } : {}), ...(sort ? { sort } : {}) };
}

/** The search with one part changed; a default value is left out. */
export function withPart<K extends keyof WorklistSearch>(
  search: WorklistSearch,
  name: K,
  value: WorklistSearch[K] | undefined,
): WorklistSearch {
  const { [name]: _, ...rest } = search;
  return value ? { ...rest, [name]: value } : rest;
}

/** The API query for a search; only reviewers and admins may request everybody's images. */
export function imagesQuery(search: WorklistSearch, user: SessionUser | null): Query {
  return {
    queue: search.queue,
    q: search.q,
    state: search.state,
    lesions: search.lesions,
    text: search.text,
    model: search.model,
    reader: isReviewer(user) ? search.reader : undefined,
    sort: search.sort ?? 'priority',
    owner: isReviewer(user) ? (search.owner ?? 'all') : undefined,
  };
}

/** The page on which an image of a list opens: side by side for adjudication. */
export const imageRoute = (search: WorklistSearch) =>
  search.queue === 'to-adjudicate'
    ? ('/ui/images/$imageId/adjudicate' as const)
    : ('/ui/images/$imageId' as const);
