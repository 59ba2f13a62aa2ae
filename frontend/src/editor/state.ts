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
  /** Painting may overwrite pixels of other lesions. */
  overwrite: boolean;
  scribble: ScribbleKind;
  wand: WandKind;
  /** Reach of the wand. */
  wandRadius: number;
  /** Tolerance of the wand, in grey values. */
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
  /** 1..254, the value of the lesion's pixels. */
  label: number;
  name: string;
  /** Null until a class is chosen. */
  classId: string | null;
  /** Attributes. */
  values: Values;
  /** Number of pixels; 0 if the lesion is not drawn yet. */
  area: number;
  /** Bounding box of the pixels; null if there are no pixels. */
  box: Box | null;
  /** A hidden lesion is not drawn, and strokes do not change it. */
  visible: boolean;
  /**
   * Probability that this is a lesion. Set while the outline is still the model's own and the model
   * considers it more likely not a lesion. Keeping or changing the outline counts as a decision.
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
 * The reader's conclusion about the image as a whole. Every value except `lesions` empties the map;
 * drawing afterwards sets `lesions` again.
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
  /** Why there is no length in mm, if the reason is known. */
  why?: string;
}

/**
 * A ruler has one line, and so does a depth, which starts at the first echo. Calipers and an
 * ellipse have a long axis and a short axis at right angles to it. An angle has two lines from its
 * vertex. A volume has the axes of calipers and a third one, usually from another view.
 */
export interface Measurement {
  id: number;
  kind: 'ruler' | 'calipers' | 'ellipse' | 'angle' | 'depth' | 'volume';
  lines: readonly Line[];
}

/**
 * How the current outlines and the reference (the model's) are shown: only the current ones, only
 * the reference, both alternating twice a second, the reference as a thin line underneath, or the
 * reference to the left of `split` and the current ones to the right.
 */
export interface Comparison {
  mode: 'after' | 'before' | 'flicker' | 'outline' | 'split';
  /** Where the two meet, from 0 (left edge of the image) to 1. */
  split: number;
}

/** Distance between pixel centres in mm, as returned by the API. */
export interface Spacing {
  row: number;
  column: number;
}

/** Everything about the editor that a page shows; changed only through `Editor`. */
export interface EditorState {
  /** In the order of their labels. */
  lesions: readonly EditorLesion[];
  /** The classes available for lesions, in the order of their keys. */
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
  /** Number of pixels that `clearScribbles` would remove. */
  scribbled: number;
  /** A stroke is in progress; its pixels are shown but do not form a step yet. */
  stroking: boolean;
  canUndo: boolean;
  canRedo: boolean;
  /** Names of the steps that undo and redo would apply next, e.g. "Brush". */
  undoName: string | null;
  redoName: string | null;
  /** Incremented by every committed change of pixels, including undo and redo. */
  revision: number;
  /** Pixels, names, classes, attributes or answer differ from those at the last `markSaved()`. */
  dirty: boolean;
  comparison: Comparison;
  /** One sentence saying why the last action did nothing; null if it did something. */
  notice: string | null;
}

/** Tools that black out areas permanently; they do not change the drawing. */
export const blacksOut = (tool: ToolName): boolean =>
  tool === 'black-box' || tool === 'black-polygon';

export type RadiusOption = 'radius' | 'nudgeRadius' | 'scribbleRadius' | 'wandRadius';

/** The radius that the size keys and the wheel change while a tool is active; null if none. */
export function radiusOption(tool: ToolName): RadiusOption | null {
  if (tool === 'brush' || tool === 'eraser') return 'radius';
  if (tool === 'nudge') return 'nudgeRadius';
  if (tool === 'wand') return 'wandRadius';
  return tool === 'scribble' || tool === 'seeds' ? 'scribbleRadius' : null;
}
