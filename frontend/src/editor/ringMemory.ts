import type { Box } from './box';
import type { Editor } from './editor';
import { filled, type Ring, sameWithin } from './rings';

/** Number of rings searched when undo restores pixels. */
const MOST = 60;

const memories = new WeakMap<Editor, Ring[]>();

/** Stores the points of a polygon that was drawn or edited, so that they can be found again. */
export function rememberRing(editor: Editor, ring: Ring): void {
  const known = memories.get(editor) ?? [];
  memories.set(editor, [ring, ...known].slice(0, MOST));
}

/** The newest points that a person gave to an outline of exactly these pixels, or null. */
export function rememberedRing(editor: Editor, traced: Ring, area: Box): Ring | null {
  const pixels = filled(traced);
  const known = memories.get(editor) ?? [];
  const same = (ring: Ring) => ring.hole === traced.hole && sameWithin(area, filled(ring), pixels);
  return known.find(same) ?? null;
}
