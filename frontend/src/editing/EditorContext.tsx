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
  /** Null until frame and labels are loaded. Every image has its own editor. */
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
  /** The person may only view the image, or is viewing an old revision. */
  readOnly: boolean;
  /**
   * Replaces the current drawing by another one, as one undoable step; the drawing counts as
   * unsaved until `saved`. The answer is derived from the pixels.
   * @param step its name in the undo history
   * @param baseRevision the revision on which the drawing is based
   */
  load: (step: string, drawing: Content, baseRevision: number | null) => void;
  /** Records that the drawing is stored as this revision, which is the base from now on. */
  saved: (base: Base) => void;
  /** The revision shown instead of the drawing, read-only; null for the drawing. */
  looking: number | null;
  /** Shows a stored revision without touching the drawing; null returns to the drawing. */
  look: (revision: number | null) => void;
}

export const EditingContext = createContext<Editing | null>(null);

/** @throws Error outside the image page */
export function useEditing(): Editing {
  const editing = use(EditingContext);
  if (!editing) throw new Error('useEditing needs the image page around it.');
  return editing;
}
