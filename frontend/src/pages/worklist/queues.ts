import { t } from '@lingui/core/macro';
import { queryOptions } from '@tanstack/react-query';
import { fetchQueues } from '../../api/queues';
import type { SessionUser } from '../../api/types';
import type { QueueCounts } from '../../api/workflowTypes';
import { QUEUES_KEY } from '../../app/live';
import { isReviewer } from '../../app/session';
import type { QueueName } from './search';

export const queuesQuery = queryOptions({
  queryKey: QUEUES_KEY,
  queryFn: ({ signal }) => fetchQueues(signal),
});

export interface QueueTab {
  /** Undefined for the whole worklist. */
  queue: QueueName | undefined;
  label: string;
  /** Null if the server has no count for it. */
  count: keyof QueueCounts | null;
  /** Something is overdue or was returned. */
  urgent?: boolean;
  /** Hidden while empty. */
  onlyWhenDue?: boolean;
  /** The text of an empty list. */
  empty: { title: string; text: string };
}

const TABS: Record<QueueName, Omit<QueueTab, 'queue'>> = {
  'to-review': {
    label: t`To review`,
    count: 'to_review',
    empty: {
      title: t`Nothing to review`,
      text: t`Readings that colleagues submit appear here.`,
    },
  },
  'to-adjudicate': {
    label: t`To adjudicate`,
    count: 'to_adjudicate',
    empty: {
      title: t`Nothing to adjudicate`,
      text: t`An image appears here when both of its blind readers have submitted.`,
    },
  },
  returned: {
    label: t`Returned`,
    count: 'returned',
    urgent: true,
    empty: {
      title: t`Nothing returned to you`,
      text: t`When a reviewer asks for a change, the image and the comment appear here.`,
    },
  },
  'to-correct': {
    label: t`To correct`,
    count: 'to_correct',
    empty: {
      title: t`Nothing left to correct`,
      text: t`Images that are yours or assigned to you appear here until you submit them.`,
    },
  },
  overdue: {
    label: t`Overdue`,
    count: 'overdue',
    urgent: true,
    onlyWhenDue: true,
    empty: { title: t`Nothing is overdue`, text: t`Readings past their due date appear here.` },
  },
  drafts: {
    label: t`Drafts`,
    count: 'drafts',
    onlyWhenDue: true,
    empty: {
      title: t`No unsaved drawings`,
      text: t`Drawings that you have not saved yet are kept here.`,
    },
  },
  unassigned: {
    label: t`Unassigned`,
    count: 'unassigned',
    empty: {
      title: t`Every image has a reader`,
      text: t`New images without a reader appear here.`,
    },
  },
  archived: {
    label: t`Archived`,
    count: 'archived',
    onlyWhenDue: true,
    empty: {
      title: t`The archive is empty`,
      text: t`Images that you archive leave every list and queue and appear here.`,
    },
  },
  approved: {
    label: t`Approved`,
    count: null,
    empty: {
      title: t`Nothing is approved yet`,
      text: t`Masks that a reviewer has approved appear here. They make up the training pool.`,
    },
  },
};

const OF_A_READER: QueueName[] = ['to-correct', 'returned', 'overdue', 'drafts', 'approved'];
const OF_A_REVIEWER: QueueName[] = [
  'to-review',
  'to-adjudicate',
  'to-correct',
  'returned',
  'overdue',
  'drafts',
  'unassigned',
  'approved',
  'archived',
];

const ALL: QueueTab = {
  queue: undefined,
  label: t`All`,
  count: null,
  empty: { title: t`No image matches`, text: '' },
};

/** The tab of a queue. */
export const tabOf = (queue: QueueName | undefined): QueueTab =>
  queue ? { queue, ...TABS[queue] } : ALL;

/**
 * The queues that concern a person, in the order of their work. Queues that are seldom filled are
 * shown only while they contain something or are open.
 */
export function tabsFor(
  user: SessionUser | null,
  counts: QueueCounts | undefined,
  shown: QueueName | undefined,
): QueueTab[] {
  const names = isReviewer(user) ? OF_A_REVIEWER : OF_A_READER;
  const own = names.map((name) => tabOf(name));
  const foreign = shown && !names.includes(shown) ? [tabOf(shown)] : [];
  return [ALL, ...own, ...foreign].filter(
    ({ onlyWhenDue, count, queue }) =>
      !onlyWhenDue || queue === shown || (count !== null && (counts?.[count] ?? 0) > 0),
  );
}
