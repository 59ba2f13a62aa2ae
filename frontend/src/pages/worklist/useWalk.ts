import { useEffect, useRef } from 'react';
import type { WorkItem } from '../../api/workflowTypes';
import { useUser } from '../../app/session';
import type { WorklistSearch } from './search';
import { useWorklist } from './useWorklist';

/** Maximum number of pages searched for an image opened by its address. */
const MAX_PAGES_TO_LOOK = 5;

export interface Walk {
  previous: string | null;
  next: string | null;
  /** The next image with something left to do for this person; wraps around at the end. */
  nextOpen: string | null;
  /** 1-based; null if the image is not in the loaded part of the list. */
  place: number | null;
  totalText: string;
}

interface Around {
  id: string;
  before: string[];
  after: string[];
}

/** The nearest of these that is still listed; they are ordered by distance from the image. */
const nearest = (ids: readonly string[], listed: ReadonlySet<string>): string | null =>
  ids.find((id) => listed.has(id)) ?? null;

const HANDED_IN: readonly string[] = ['submitted', 'approved'];

/** Whether the person can still submit something; others' states are hidden in a blind reading. */
function isOpen(item: WorkItem, me: string | undefined): boolean {
  if (item.state === 'approved') return false;
  const mine = item.readers?.find((reader) => reader.id === me);
  return !HANDED_IN.includes(mine?.state ?? item.state);
}

/**
 * The images before and after one in a queue's order. An image leaves its queue when its work is
 * done, while it is still open; it then keeps the neighbours that it had.
 */
export function useWalk(imageId: string, search: WorklistSearch): Walk {
  const me = useUser()?.id;
  const { items, totalText, data, hasNextPage, isFetching, fetchNextPage } = useWorklist(search);
  const index = items.findIndex((item) => item.id === imageId);
  const pages = data?.pages.length ?? 0;
  const around = useRef<Around | null>(null);

  useEffect(() => {
    if (index < 0) return;
    const ids = items.map((item) => item.id);
    around.current = {
      id: imageId,
      before: ids.slice(0, index).reverse(),
      after: ids.slice(index + 1),
    };
  }, [imageId, index, items]);

  const left = index < 0 && around.current?.id === imageId ? around.current : null;
  const needsMore =
    index >= 0
      ? index >= items.length - 3
      : left === null && pages > 0 && pages < MAX_PAGES_TO_LOOK;
  useEffect(() => {
    if (needsMore && hasNextPage && !isFetching) void fetchNextPage();
  }, [needsMore, hasNextPage, isFetching, fetchNextPage]);

  if (left) {
    const listed = new Set(items.map((item) => item.id));
    const open = new Set(items.filter((item) => isOpen(item, me)).map((item) => item.id));
    return {
      previous: nearest(left.before, listed),
      next: nearest(left.after, listed),
      nextOpen: nearest([...left.after, ...left.before.toReversed()], open),
      place: null,
      totalText,
    };
  }
  return {
    previous: index > 0 ? (items[index - 1]?.id ?? null) : null,
    next: index >= 0 ? (items[index + 1]?.id ?? null) : null,
    nextOpen:
      [...items.slice(index + 1), ...items.slice(0, Math.max(0, index))].find((item) =>
        isOpen(item, me),
      )?.id ?? null,
    place: index >= 0 ? index + 1 : null,
    totalText,
  };
}
