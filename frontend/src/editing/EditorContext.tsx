import { createContext, use } from 'react';
import type { Person } from '../api/types';
import type { ActivityClock, Assessment, Content, Editor } from '../editor';

/** The saved revision that the drawing started from. */
export interface Base {
  /** Null while the image has no mask at all. */
  revision: number | null;
  source: 'model' | 'human' | 'consensus' | null;
  /** Null for a model's mask. */
  author: Person | null;
}

export const NO_BASE: Base = { revision: null, source: null, author: null };

/** One image being looked at and drawn on. */
export interface Editing {
  imageId: string;
  /** Null until frame and labels are loaded. Every image has its own. */
  editor: Editor | null;
  frame: ImageData | null;
  /** Counts active editing since the base; saving reads and resets it. */
  activity: ActivityClock;
  base: Base;
  answer: Assessment;
  setAnswer: (answer: Assessment) => void;
  /** Why the image cannot be judged; empty for the other answers. */
  answerReason: string;
  setAnswerReason: (reason: string) => void;
  /** The person may look only, or looks at an old revision. */
  readOnly: boolean;
  /**
   * Replaces the present drawing by another, as one step that undo reverts; the
   * drawing counts as unsaved until `saved`. The answer follows from the pixels.
   * @param step its name in the undo history
   * @param baseRevision the revision that the drawing started from
   */
  load: (step: string, drawing: Content, baseRevision: number | null) => void;
  /** Records that the drawing is stored as this revision, which is the base from now on. */
  saved: (base: Base) => void;
  /** The revision that is shown in place of the drawing, read only; null for the drawing. */
  looking: number | null;
  /** Shows a stored revision without touching the drawing; null goes back to the drawing. */
  look: (revision: number | null) => void;
}

export const EditingContext = createContext<Editing | null>(null);

/** @throws Error outside of the image page */
export function useEditing(): Editing {
  const editing = use(EditingContext);
  if (!editing) throw new Error('useEditing needs the image page around it.');
  return editing;
}
