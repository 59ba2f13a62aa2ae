/**
 * The editor of outlines. Framework-free: pages import these names, and no file below this folder.
 *
 * - `LabelMap` with `encodeRuns`, `decodeRuns` (wire format) and `fromMask` hold the pixels.
 * - `Editor` is the source of truth for one frame: read `editor.state` (a `Store`), change it by
 *   `commands.*(editor, …)`, `editor.undo()`, `editor.redo()`, `editor.setTool(…)` and the like.
 * - `EditorView` puts an editor on a viewer `Stage`: layers, tools, keys, wheel, crosshair.
 * - `KEYMAP` is the only table of keys, used by the shortcut map and tooltips.
 */

export { ActivityClock } from './activity';
export {
  type EditorAttribute,
  imageAttributes,
  lesionAttributes,
  type Missing,
  missingIn,
  numberOf,
} from './attributes';
export { type Area, Blackout } from './blackout';
export type { Box } from './box';
export {
  type ClassKind,
  choices,
  classOf,
  type EditorClass,
  isSingle,
  lesionColours,
  UNCLASSED_COLOUR,
} from './classes';
/** Every undoable change: `commands.grow(editor, 2)`, `commands.deleteLesion(editor)`, … */
export * as commands from './commands';
export { fromMask, type MaskPixels } from './components';
export {
  type Content,
  contentOf,
  labelsOf,
  type Said,
  type Values,
  type WireLabels,
} from './content';
export { Editor } from './editor';
export { type Grey, greyText, greyUnder, greyWithin } from './grey';
export {
  commandOf,
  type EditorCommand,
  KEYMAP,
  type KeyBinding,
  REPLACES_VIEWER,
} from './keymap';
export { LabelMap, MAX_LABEL } from './labelMap';
export { DIFFERENCE_COLOURS, DifferenceLayer } from './layers/differenceLayer';
export { MaskLayer } from './layers/maskLayer';
export { SuggestedLayer } from './layers/suggestedLayer';
export { Lengths, type ScaleRegion } from './lengths';
export { MEASUREMENT_NAMES } from './marks';
export {
  type LesionMeasure,
  lengthText,
  lineBetween,
  measureLesion,
  measurementText,
} from './measure';
export { type Overlap, overlap } from './overlap';
export type { WandKind } from './regions';
export { beginLesion } from './run';
export { decodeRuns, encodeRuns, RunsError } from './runs';
export { EditorError, type EditorSetup } from './setup';
export {
  type Assessment,
  blacksOut,
  type Comparison,
  type Doubt,
  type EditorLesion,
  type EditorState,
  type Line,
  type Measurement,
  type Mode,
  type RadiusOption,
  radiusOption,
  SCRIBBLE,
  type ScribbleKind,
  type Spacing,
  TOOL_OPTIONS_DEFAULT,
  type ToolName,
  type ToolOptions,
} from './state';
export { type EditorCallbacks, EditorView, type EditorViewOptions } from './view';
