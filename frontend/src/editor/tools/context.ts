import { t } from '@lingui/core/macro';
import type { View } from '../../viewer/geometry';
import { type Point, snapped, toImage } from '../../viewer/geometry';
import type { ViewerState } from '../../viewer/state';
import type { PointerSample, Tool, ToolContext } from '../../viewer/tools';
import type { Box } from '../box';
import type { Editor } from '../editor';
import { EditorError } from '../setup';
import type { Mode } from '../state';

/** The context that a tool of the editor works in. */
export interface EditorToolContext extends ToolContext {
  editor: Editor;
  /** Requests a repaint of what the tool draws itself (`draw` below). */
  redraw: () => void;
  /** A box was drawn around a missed lesion. */
  onBox: (box: Box) => void;
  /** A missed lesion was clicked, at a pixel of the frame. */
  onPoint: (pixel: Point) => void;
  /** A scribble was finished; it is stored in `editor.scribbles`. */
  onScribbles: () => void;
}

/** A tool that also draws things that are not in the map yet: a polygon's line, a ruler, a box. */
export interface EditorTool extends Tool {
  /** Works by presses (clicks, points) instead of drags; used by the crosshair. */
  readonly clicks?: boolean;
  draw?(context: CanvasRenderingContext2D, view: View, state: ViewerState): void;
  /** Image points that enclose everything `draw` shows; without it the whole canvas is redrawn. */
  extent?(): readonly Point[];
  /** Where Enter moves the crosshair, for a tool with places to visit; null for no move. */
  nextPlace?(): Point | null;
  /** Pixel or scribble changes made elsewhere, including undo, change what `draw` shows. */
  readonly followsPixels?: boolean;
  /** Enter. */
  close?(): boolean;
  /** Backspace. */
  removePoint?(): boolean;
  /** Whether Escape has something to cancel. */
  readonly busy?: boolean;
}

/** The position of a sample on the image. */
export function onImage(context: ToolContext, at: Point): Point {
  return toImage(snapped(context.store.get().view), at);
}

/** The pixel under a sample. */
export function pixelUnder(context: ToolContext, at: Point): Point {
  const { x, y } = onImage(context, at);
  return { x: Math.floor(x), y: Math.floor(y) };
}

/** The mode of a stroke: Shift or Alt inverts the current one. */
export function modeOf(editor: Editor, at: Pick<PointerSample, 'shift' | 'alt'>): Mode {
  const { mode } = editor.state.get().options;
  if (!(at.shift || at.alt)) return mode;
  return mode === 'add' ? 'subtract' : 'add';
}

/** The target of a stroke: a label and its write rule, as `Editor.lay` accepts them. */
export interface Target {
  label: number;
  rule: { overwrite?: boolean; of?: number | null };
}

/** The visible lesion at a point of the image, or null; prefers the selected lesion's layer. */
export const lesionUnder = (editor: Editor, { x, y }: Point): number | null =>
  editor.lesionAt(Math.floor(x), Math.floor(y));

/**
 * Opens a step that paints or removes. A stroke acts on the lesion on which it begins. If it begins
 * elsewhere, or paints over a lesion of another layer, it acts on the selected one. If no lesion is
 * selected, painting creates a new lesion, and removing affects all visible ones. With the option
 * to paint over others, or if the selected lesion is not drawn yet, the selected one is kept
 * wherever the stroke begins.
 * @param under the lesion on which the stroke begins
 * @returns null, with a notice, if there is no room for another lesion
 */
export function beginOnTarget(
  editor: Editor,
  name: string,
  mode: Mode,
  under: number | null,
): Target | null {
  const { selected, options, lesions } = editor.state.get();
  const current = lesions.find(({ label }) => label === selected);
  editor.begin(name);
  if (mode === 'subtract') {
    if (options.overwrite || selected === null) return { label: 0, rule: { of: null } };
    if (under !== null && under !== selected) editor.note({ selected: under });
    const of = under ?? selected;
    if (!editor.isVisible(of)) editor.setVisible(of, true);
    return { label: 0, rule: { of } };
  }
  const keeps =
    current !== undefined &&
    (options.overwrite ||
      current.area === 0 ||
      (under !== null && editor.layerIdOf(under) !== editor.layerIdOf(current.label)));
  const label = keeps ? selected : (under ?? selected);
  try {
    if (label !== null && !editor.isVisible(label)) editor.setVisible(label, true);
    if (label !== null && label !== selected) editor.note({ selected: label });
    return { label: label ?? editor.addLesion(), rule: { overwrite: options.overwrite } };
  } catch (error) {
    if (!(error instanceof EditorError)) throw error;
    editor.cancel();
    editor.notice(error.message);
    return null;
  }
}

/** Ends the step; if it changed nothing, the notice says why. @returns whether anything changed */
export function endOnTarget(editor: Editor, { label, rule }: Target): boolean {
  if (editor.commit({ pixelsOnly: true })) return true;
  const { lesions } = editor.state.get();
  if (label !== 0) {
    editor.notice(
      rule.overwrite
        ? t`All of this belongs to the lesion already, or to one that is hidden.`
        : t`All of this belongs to a lesion already. “Over other lesions” draws over another one.`,
    );
  } else if (!lesions.some(({ area }) => area > 0)) {
    editor.notice(t`No lesion is outlined, so there is nothing to remove.`);
  } else {
    const of = lesions.find((one) => one.label === rule.of);
    editor.notice(
      of && lesions.length > 1
        ? t`There are no pixels of ${of.name} here. Start on another lesion to remove pixels from that one.`
        : t`There is no visible outline here to remove.`,
    );
  }
  return false;
}
