import { useCallback, useMemo, useRef, useState } from 'react';
import type { WorkItem } from '../../api/workflowTypes';

export interface Selection {
  /** Picked images that are loaded. */
  ids: ReadonlySet<string>;
  /** All of the list are picked, loaded or not, but these; null where images are picked singly. */
  allBut: ReadonlySet<string> | null;
  /** Turns one image on or off; with `range`, all from the last one turned to this one on. */
  toggle: (index: number, range: boolean) => void;
  /** Picks all that the list has, those that are not loaded yet too. */
  all: () => void;
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

interface Picked {
  /** Where all are selected: those left out. */
  ids: ReadonlySet<string>;
  all: boolean;
}

const NONE: Picked = { ids: new Set(), all: false };

/**
 * Images picked in the worklist. Kept by id, so that a list that grows or is sorted anew under
 * the reader keeps what was picked; what has left the list is no longer counted.
 */
export function useSelection(items: readonly WorkItem[]): Selection {
  const [picked, setPicked] = useState(NONE);
  const anchor = useRef<string | null>(null);

  const ids = useMemo(() => {
    if (picked.ids.size === 0 && !picked.all) return picked.ids;
    const listed = items.map((item) => item.id);
    return new Set(listed.filter((id) => picked.ids.has(id) !== picked.all));
  }, [picked, items]);

  const toggle = useCallback(
    (index: number, range: boolean) => {
      const at = range ? items.findIndex((item) => item.id === anchor.current) : -1;
      setPicked((before) => {
        // Where all are selected, a turn leaves one out or takes it in again; a range has nothing to add.
        const from = at >= 0 && !before.all ? at : null;
        return { ...before, ids: toggled(before.ids, items, index, from) };
      });
      anchor.current = items[index]?.id ?? null;
    },
    [items],
  );
  const all = useCallback(() => setPicked({ ids: new Set(), all: true }), []);
  const clear = useCallback(() => {
    anchor.current = null;
    setPicked(NONE);
  }, []);

  return useMemo(
    () => ({ ids, allBut: picked.all ? picked.ids : null, toggle, all, clear }),
    [ids, picked, toggle, all, clear],
  );
}
