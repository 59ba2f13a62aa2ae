import type { View } from '../../viewer/geometry';
import { type Point, snapped, toImage } from '../../viewer/geometry';
import type { ViewerState } from '../../viewer/state';
import type { PointerSample, Tool, ToolContext } from '../../viewer/tools';
import type { Box } from '../box';
import type { Editor } from '../editor';
import { EditorError } from '../setup';
import type { Mode } from '../state';

/** What a tool of the editor works with. */
export interface EditorToolContext extends ToolContext {
  editor: Editor;
  /** Asks for a new drawing of what the tool shows of its own, `draw` below. */
  redraw: () => void;
  /** A box was drawn around a missed lesion. */
  onBox: (box: Box) => void;
  /** A scribble was finished; it lies in `editor.scribbles`. */
  onScribbles: () => void;
}

/** A tool that also draws what is not yet in the map: a polygon's line, a ruler, a box. */
export interface EditorTool extends Tool {
  /** Presses at a place (a click, a point) instead of dragging; for the crosshair. */
  readonly clicks?: boolean;
  draw?(context: CanvasRenderingContext2D, view: View, state: ViewerState): void;
  /** Image points around all that `draw` shows; without it the whole canvas is drawn again. */
  extent?(): readonly Point[];
  /** Enter. */
  close?(): boolean;
  /** Backspace. */
  removePoint?(): boolean;
  /** Whether Escape has something to take back. */
  readonly busy?: boolean;
}

/** Where a sample lies on the image. */
export function onImage(context: ToolContext, at: Point): Point {
  return toImage(snapped(context.store.get().view), at);
}

/** The pixel under a sample. */
export function pixelUnder(context: ToolContext, at: Point): Point {
  const { x, y } = onImage(context, at);
  return { x: Math.floor(x), y: Math.floor(y) };
}

/** Shift or Alt turns the mode round. */
export function modeOf(editor: Editor, at: Pick<PointerSample, 'shift' | 'alt'>): Mode {
  const { mode } = editor.state.get().options;
  if (!(at.shift || at.alt)) return mode;
  return mode === 'add' ? 'subtract' : 'add';
}

/** What a stroke writes: a label with its rule, as `Editor.lay` takes them. */
export interface Target {
  label: number;
  rule: { overwrite?: boolean; of?: number | null };
}

/**
 * Opens a step that paints on the selected lesion, or on a new one when none is selected, or
 * that removes from the selected one, or from all that are visible when none is selected.
 * Null, with a notice, when there is no room for another lesion.
 */
export function beginOnTarget(editor: Editor, name: string, mode: Mode): Target | null {
  const { selected, options } = editor.state.get();
  editor.begin(name);
  if (mode === 'subtract') {
    return { label: 0, rule: { of: options.overwrite ? null : selected } };
  }
  try {
    if (selected !== null && !editor.isVisible(selected)) editor.setVisible(selected, true);
    return { label: selected ?? editor.addLesion(), rule: { overwrite: options.overwrite } };
  } catch (error) {
    if (!(error instanceof EditorError)) throw error;
    editor.cancel();
    editor.notice(error.message);
    return null;
  }
}
