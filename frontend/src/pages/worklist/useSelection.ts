import { useCallback, useMemo, useRef, useState } from 'react';
import type { WorkItem } from '../../api/workflowTypes';

export interface Selection {
  ids: ReadonlySet<string>;
  /** Turns one image on or off; with `range`, all from the last one turned to this one on. */
  toggle: (index: number, range: boolean) => void;
  clear: () => void;
}

/** The ids after a turn at `index`; `anchor` is where the last turn was. */
export function toggled(
  ids: ReadonlySet<string>,
  items: readonly Pick<WorkItem, 'id'>[],
  index: number,
  anchor: number | null,
): Set<string> {
  const next = new Set(ids);
  if (anchor !== null) {
    const [from, to] = anchor < index ? [anchor, index] : [index, anchor];
    for (const item of items.slice(from, to + 1)) next.add(item.id);
    return next;
  }
  const id = items[index]?.id;
  if (id === undefined) return next;
  if (!next.delete(id)) next.add(id);
  return next;
}

/**
 * Images picked in the worklist. Kept by id, so that a list that grows or is sorted anew under
 * the reader keeps what was picked; what has left the list is no longer counted.
 */
export function useSelection(items: readonly WorkItem[]): Selection {
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const anchor = useRef<string | null>(null);

  const ids = useMemo(() => {
    if (picked.size === 0) return picked;
    const listed = new Set(items.map((item) => item.id));
    return new Set([...picked].filter((id) => listed.has(id)));
  }, [picked, items]);

  const toggle = useCallback(
    (index: number, range: boolean) => {
      const at = range ? items.findIndex((item) => item.id === anchor.current) : -1;
      setPicked((before) => toggled(before, items, index, at >= 0 ? at : null));
      anchor.current = items[index]?.id ?? null;
    },
    [items],
  );
  const clear = useCallback(() => {
    anchor.current = null;
    setPicked(new Set());
  }, []);

  return useMemo(() => ({ ids, toggle, clear }), [ids, toggle, clear]);
}
