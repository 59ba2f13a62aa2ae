import {
  type Box,
  type Editor,
  type EditorLesion,
  type Grey,
  greyUnder,
  type LesionMeasure,
  measureLesion,
} from '../../../editor';
import { Store } from '../../../viewer/store';

/** Figures follow the pointer, but not faster than anyone can read them. */
const EVERY_MS = 90;
const LONGEST_WAIT_MS = 500;

/** The figures of a lesion, including the grey levels under it. */
export type LesionFigures = LesionMeasure & { grey: Grey | null };

type Measures = ReadonlyMap<number, LesionFigures>;

const NONE: Measures = new Map();

/**
 * Area and axes of every lesion by its number, also during a stroke. They are in a store, so that a
 * stroke re-renders only the figures that it changes.
 */
export class LesionMeasures {
  readonly state = new Store<{ of: Measures }>({ of: NONE });

  constructor(private readonly editor: Editor) {}

  /** Measures until the returned function is called. */
  follow(): () => void {
    const { editor } = this;
    let touched: Box | null = editor.map.box;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let idle = 0;
    const measure = () => {
      timer = undefined;
      const box = touched;
      // The lesions' boxes include a stroke only once it is a step.
      if (!editor.state.get().stroking) touched = null;
      this.state.set({ of: measuredAgain(editor, this.state.get().of, box) });
    };
    // During idle time, if the browser supports that: a stroke must not wait for figures.
    const rest = () => {
      if (editor.state.get().stroking && typeof requestIdleCallback === 'function') {
        idle = requestIdleCallback(measure, { timeout: LONGEST_WAIT_MS });
      } else measure();
    };
    const soon = () => {
      timer ??= setTimeout(rest, EVERY_MS);
    };
    const unsubscribe = editor.onPixels((box) => {
      touched = touched ? around(touched, box) : box;
      soon();
    });
    // Only this reports a lesion that was added or removed without pixels.
    const unsubscribeState = editor.state.subscribe(soon);
    measure();
    return () => {
      clearTimeout(timer);
      if (idle) cancelIdleCallback(idle);
      unsubscribe();
      unsubscribeState();
    };
  }
}
function measuredAgain(editor: Editor, before: Measures, touched: Box | null): Measures {
  const { lesions, stroking } = editor.state.get();
  const next = new Map<number, LesionFigures>();
  let same = true;
  for (const lesion of lesions) {
    const known = before.get(lesion.label);
    const box = boxOf(lesion, stroking ? touched : null);
    // A stroke that was cancelled leaves figures that no longer match the committed area.
    const fits = known && (stroking || known.areaPx === lesion.area);
    const current = fits && !(touched && box && meets(touched, box)) ? known : null;
    // During a stroke only area and axes are updated, the grey levels after it.
    const grey = stroking ? (known?.grey ?? null) : undefined;
    const measure = current ?? (box ? figuresOf(editor, lesion.label, box, grey) : null);
    if (measure && measure.areaPx > 0) next.set(lesion.label, measure);
    same &&= next.get(lesion.label) === known;
  }
  return same && before.size === next.size ? before : next;
}

/** @param grey used instead of measuring */
function figuresOf(editor: Editor, label: number, box: Box, grey?: Grey | null): LesionFigures {
  const map = editor.mapOf(label);
  return {
    ...measureLesion(map, label, box, editor.lengths.at(box)),
    grey: grey === undefined ? greyUnder(editor.frame, map, label, box) : grey,
  };
}

/** The committed box, extended because a stroke in progress may have outgrown it. */
function boxOf(lesion: EditorLesion, touched: Box | null): Box | null {
  if (!touched) return lesion.box;
  return lesion.box ? around(lesion.box, touched) : touched;
}

function around(a: Box, b: Box): Box {
  const left = Math.min(a.left, b.left);
  const top = Math.min(a.top, b.top);
  return {
    left,
    top,
    width: Math.max(a.left + a.width, b.left + b.width) - left,
    height: Math.max(a.top + a.height, b.top + b.height) - top,
  };
}

function meets(a: Box, b: Box): boolean {
  return (
    a.left < b.left + b.width &&
    b.left < a.left + a.width &&
    a.top < b.top + b.height &&
    b.top < a.top + a.height
  );
}
