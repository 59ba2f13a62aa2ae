import { useCallback, useMemo, useRef, useState } from 'react';
import type { WorkItem } from '../../api/workflowTypes';

export interface Selection {
  /** The selected images that are loaded. */
  ids: ReadonlySet<string>;
  /** If all of the list is selected, loaded or not, the exceptions; null for single selections. */
  allBut: ReadonlySet<string> | null;
  /** Toggles one image; with `range`, selects all from the last toggled one to this one. */
  toggle: (index: number, range: boolean) => void;
  /** Selects everything in the list, including images not loaded yet. */
  all: () => void;
  clear: () => void;
}

/** The ids after toggling `index`; `anchor` is the index of the previous toggle. */
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
  /** If all are selected, the excluded ones. */
  ids: ReadonlySet<string>;
  all: boolean;
}

const NONE: Picked = { ids: new Set(), all: false };

/**
 * The images selected in the worklist. They are kept by id, so a list that grows or is reordered
 * keeps the selection; images that left the list no longer count.
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
        // If all are selected, toggling excludes or re-includes one; a range has nothing to add.
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
