import type { Point } from '../viewer/geometry';
import type { EditorAttribute } from './attributes';
import type { Box } from './box';
import type { EditorClass } from './classes';
import type { Values } from './content';
import type { WandKind } from './regions';

export type ToolName =
  | 'select'
  | 'brush'
  | 'eraser'
  | 'polygon'
  | 'lasso'
  | 'scissors'
  | 'points'
  | 'wand'
  | 'seeds'
  | 'nudge'
  | 'fill-hole'
  | 'remove-island'
  | 'box'
  | 'scribble'
  | 'black-box'
  | 'black-polygon'
  | 'ruler'
  | 'calipers'
  | 'ellipse'
  | 'angle'
  | 'depth'
  | 'volume'
  | 'pan'
  | 'window';

export type Mode = 'add' | 'subtract';

/** Values of the scribble map: 0 unknown, 1 lesion, 2 not lesion. */
export const SCRIBBLE = { unknown: 0, lesion: 1, 'not-lesion': 2 } as const;
export type ScribbleKind = 'lesion' | 'not-lesion';

/** Radii are in image pixels. */
export interface ToolOptions {
  /** Radius of brush and eraser. */
  radius: number;
  nudgeRadius: number;
  scribbleRadius: number;
  /** The mode of brush, polygon and lasso; Shift or Alt inverts it for one stroke. */
  mode: Mode;
  /** The pressure of a pen narrows brush and eraser. */
  pressure: boolean;
  /** Painting takes pixels of other lesions too. */
  overwrite: boolean;
  scribble: ScribbleKind;
  wand: WandKind;
  /** How far the wand reaches. */
  wandRadius: number;
  /** In grey values, of the wand. */
  tolerance: number;
}

export const TOOL_OPTIONS_DEFAULT: ToolOptions = {
  radius: 10,
  nudgeRadius: 30,
  scribbleRadius: 3,
  mode: 'add',
  pressure: true,
  overwrite: false,
  scribble: 'lesion',
  wand: 'connected',
  wandRadius: 60,
  tolerance: 14,
};

export interface EditorLesion {
  /** 1..254, the value of its pixels. */
  label: number;
  name: string;
  /** Null until one is chosen. */
  classId: string | null;
  /** Attributes. */
  values: Values;
  /** Number of its pixels; 0 for a lesion that is not drawn yet. */
  area: number;
  /** Around its pixels; null while it has none. */
  box: Box | null;
  /** A hidden lesion is neither drawn nor changed by a stroke. */
  visible: boolean;
  /**
   * Set while it is what the model outlined and calls more likely none: the probability that it is
   * a lesion. Whoever keeps or changes it has decided.
   */
  doubt?: number;
  kept?: true;
}

/** An outline of the model that is more likely not a lesion. */
export interface Doubt {
  box: Box;
  area: number;
  probability: number;
}

/**
 * The reader's conclusion about the image as a whole. All but `lesions` empty the map; drawing
 * afterwards turns them back into `lesions`.
 */
export type Assessment = 'lesions' | 'no-lesion' | 'cannot-judge';

/** A measured line between two image points. */
export interface Line {
  start: Point;
  end: Point;
  /** Length in image pixels. */
  px: number;
  /** Length in mm; null while the spacing is unknown. */
  mm: number | null;
  /** Why it can have no length in mm, if known. */
  why?: string;
}

/**
 * A ruler has one line and so has a depth, from the first echo down; calipers and an ellipse have
 * the long axis and the short one at right angles to it, an angle two lines from its corner, a
 * volume the axes of calipers and a third one, mostly of another view.
 */
export interface Measurement {
  id: number;
  kind: 'ruler' | 'calipers' | 'ellipse' | 'angle' | 'depth' | 'volume';
  lines: readonly Line[];
}

/**
 * How the present outlines and the reference (the model's) are shown: only the present ones,
 * only the reference, the two in turn twice a second, the reference as a thin line below, or the
 * reference left and the present ones right of `split`.
 */
export interface Comparison {
  mode: 'after' | 'before' | 'flicker' | 'outline' | 'split';
  /** Where the two meet, 0 (left edge of the image) to 1. */
  split: number;
}

/** Distance between pixel centres in mm, as the API gives it. */
export interface Spacing {
  row: number;
  column: number;
}

/** Everything that a page shows of the editor; changes only through `Editor`. */
export interface EditorState {
  /** In the order of their labels. */
  lesions: readonly EditorLesion[];
  /** The classes that a lesion may have, in the order of their keys. */
  classes: readonly EditorClass[];
  /** Attributes of lesions and of the image. */
  attributes: readonly EditorAttribute[];
  /** Attributes of the image. */
  imageValues: Values;
  /** Label of the lesion that tools and commands change. */
  selected: number | null;
  answer: Assessment;
  tool: ToolName;
  options: ToolOptions;
  measurements: readonly Measurement[];
  /** The author's note to the next viewer. */
  note: string;
  /** Number of scribbled pixels that `clearScribbles` would remove. */
  scribbled: number;
  /** A stroke is under way; its pixels are shown but not yet a step. */
  stroking: boolean;
  canUndo: boolean;
  canRedo: boolean;
  /** The names of the steps that undo would take back and redo bring again, e.g. "Brush". */
  undoName: string | null;
  redoName: string | null;
  /** Counts every committed change of pixels, undo and redo included. */
  revision: number;
  /** Pixels, names, classes, attributes or answer differ from those at the last `markSaved()`. */
  dirty: boolean;
  comparison: Comparison;
  /** One sentence on why the last action did nothing; null after one that did. */
  notice: string | null;
}

/** Tools whose areas become black for good; they change nothing of the drawing. */
export const blacksOut = (tool: ToolName): boolean =>
  tool === 'black-box' || tool === 'black-polygon';

export type RadiusOption = 'radius' | 'nudgeRadius' | 'scribbleRadius' | 'wandRadius';

/** The radius that the size keys and the wheel change while a tool is active; null for others. */
export function radiusOption(tool: ToolName): RadiusOption | null {
  if (tool === 'brush' || tool === 'eraser') return 'radius';
  if (tool === 'nudge') return 'nudgeRadius';
  if (tool === 'wand') return 'wandRadius';
  return tool === 'scribble' || tool === 'seeds' ? 'scribbleRadius' : null;
}
