import { type Area, type Point, snapped } from '../viewer/geometry';
import type { Stage } from '../viewer/stage';
import type { PointerSample, Tool } from '../viewer/tools';
import { ActivityClock } from './activity';
import { type Box, boxAround } from './box';
import { isSingle } from './classes';
import { Crosshair } from './crosshair';
import type { Editor } from './editor';
import { commandOf, type EditorCommand } from './keymap';
import { BlackoutLayer } from './layers/blackoutLayer';
import { LesionLayer, lineReach } from './layers/lesionLayer';
import { CursorLayer, MeasurementLayer, ScribbleLayer, ToolLayer } from './layers/markLayers';
import { areaOf } from './layers/pixelGrid';
import { runCommand } from './run';
import { blacksOut, type EditorState, radiusOption } from './state';
import { BrushTool } from './tools/brush';
import type { EditorTool, EditorToolContext } from './tools/context';
import { toolOf } from './tools/toolOf';

/** How long each of the two is shown while flickering. */
const FLICKER_MS = 500;
/** How far the handles and lines of a tool extend beyond its points. */
const TOOL_REACH_CSS_PX = 8;

export interface EditorCallbacks {
  /** A box was drawn with the box tool, in whole pixels of the frame. */
  onBox?: (box: Box) => void;
  /** The box tool was clicked on a pixel of the frame. */
  onPoint?: (pixel: Point) => void;
  /** A scribble stroke ended; `editor.scribbles` holds all of them. */
  onScribbles?: () => void;
}

export interface EditorViewOptions extends EditorCallbacks {
  /** Continues from an earlier view of the same image; if absent, a new clock. */
  activity?: ActivityClock;
}

/**
 * An editor on a stage: its layers, the tool of `editor.state`, its keys, the brush's circle and
 * the crosshair. `destroy` leaves the stage with
 * the pan tool and without the editor's layers.
 */
export class EditorView {
  /** Seconds of pointer and key activity at the image, without pauses over 30 s. */
  readonly activity: ActivityClock;
  private readonly lesions: LesionLayer;
  private readonly cursor = new CursorLayer();
  private readonly toolLayer = new ToolLayer();
  private readonly crosshair: Crosshair;
  private readonly ends: (() => void)[] = [];
  private readonly context: EditorToolContext;
  private tool: EditorTool;
  private before: EditorState;
  private toolArea: Area | null = null;
  private flicker: ReturnType<typeof setInterval> | null = null;

  constructor(
    private readonly stage: Stage,
    private readonly editor: Editor,
    options: EditorViewOptions = {},
  ) {
    this.context = {
      ...stage.context,
      editor,
      redraw: () => this.redrawTool(),
      onBox: (box) => options.onBox?.(box),
      onPoint: (pixel) => options.onPoint?.(pixel),
      onScribbles: () => options.onScribbles?.(),
    };
    this.activity = options.activity ?? new ActivityClock();
    this.before = editor.state.get();
    this.lesions = new LesionLayer(editor);
    for (const layer of [
      this.lesions,
      new ScribbleLayer(editor),
      new MeasurementLayer(editor),
      new BlackoutLayer(editor.blackout),
      this.toolLayer,
      this.cursor,
    ]) {
      this.ends.push(stage.addLayer(layer));
    }
    this.tool = this.takeTool();
    this.crosshair = new Crosshair(this.context, () => this.tool);
    this.ends.push(
      editor.onPixels((box) => this.invalidate(box)),
      editor.state.subscribe(() => this.follow()),
      editor.blackout.state.subscribe(() => stage.invalidate()),
    );
    this.follow();
  }

  destroy(): void {
    this.editor.cancel();
    if (this.flicker) clearInterval(this.flicker);
    for (const end of this.ends) end();
    this.stage.context.store.set({ hovered: null });
    this.stage.resetTool();
  }

  /**
   * Runs the command of a key or a button.
   * @param options.far moves the crosshair by ten pixels
   * @returns false if there was nothing to do, e.g. Escape with nothing to take back
   */
  run(command: EditorCommand, options: { far?: boolean } = {}): boolean {
    this.activity.touch();
    const done =
      this.crosshair.run(command, options.far === true) ??
      runCommand(this.editor, this.tool, this.stage.camera, command);
    this.place();
    return done;
  }

  /**
   * Passes a key press to the editor if it stands for a command.
   * @returns whether the editor handled it; the default is then prevented
   */
  key(event: KeyboardEvent, command = commandOf(event)): boolean {
    if (!command || !this.run(command, { far: event.shiftKey })) return false;
    event.preventDefault();
    return true;
  }

  /** Pixel coordinates of the keyboard's crosshair, for screen readers; null if unused. */
  get crosshairAt(): Point | null {
    return this.crosshair.pixel;
  }

  private follow(): void {
    const now = this.editor.state.get();
    const { before } = this;
    this.before = now;
    if (now.tool !== before.tool) {
      this.crosshair.letGo();
      this.tool = this.takeTool();
    }
    if (now.comparison.mode !== before.comparison.mode) this.startFlicker(now);
    this.place();
    const moved =
      this.tool.followsPixels &&
      (now.revision !== before.revision || now.scribbled !== before.scribbled);
    if (moved || looksOther(before, now)) this.stage.invalidate();
  }

  private takeTool(): EditorTool {
    const { tool: name } = this.editor.state.get();
    const made = toolOf(name, this.context);
    this.stage.setTool(
      () => this.watched(made),
      () =>
        this.watched(
          name === 'scribble' || name === 'seeds' || blacksOut(name)
            ? made
            : new BrushTool(this.context, true),
        ),
    );
    this.toolLayer.tool = made;
    return made;
  }

  /** The tool, wrapped so that the circle follows the pointer and the clock runs. */
  private watched(tool: EditorTool): Tool {
    const see = (at: PointerSample) => {
      this.activity.touch();
      this.crosshair.leave();
      this.place(at);
    };
    const seen: Tool = {
      get cursor() {
        return tool.cursor;
      },
      draws: tool.draws === true,
      everySample: tool.everySample === true,
      down: (at) => {
        see(at);
        tool.down(at);
      },
      move: (at) => {
        see(at);
        tool.move(at);
      },
      up: (at) => {
        see(at);
        tool.up(at);
      },
      cancel: () => tool.cancel(),
      leave: () => {
        tool.leave?.();
        this.place(null);
      },
    };
    if (tool.doubleClick) seen.doubleClick = (at) => tool.doubleClick?.(at);
    if (tool.wheel) seen.wheel = (notches) => tool.wheel?.(notches) ?? false;
    if (tool.hover) {
      seen.hover = (at) => {
        this.place(at);
        tool.hover?.(at);
      };
    }
    return seen;
  }

  /** Puts the circle at the pointer; without an argument, only updates its size and view. */
  private place(at?: Point | null): void {
    const { view: moving, ratio } = this.stage.context.store.get();
    const view = snapped(moving);
    const stale: (Area | null)[] = [this.cursor.area(view, ratio)];
    const { tool, options } = this.editor.state.get();
    const name = radiusOption(tool);
    this.cursor.radius = name && options[name];
    if (at) {
      this.cursor.pointer = { x: (at.x - view.x) / view.scale, y: (at.y - view.y) / view.scale };
    } else if (at === null) {
      this.cursor.pointer = null;
    }
    const { place } = this.crosshair;
    if (place !== this.cursor.crosshair) {
      this.cursor.crosshair = place;
      if (place) this.cursor.pointer = null;
      this.stage.invalidate();
      return;
    }
    stale.push(this.cursor.area(view, ratio));
    for (const area of stale) if (area) this.stage.invalidate(area);
  }

  private invalidate(box: Box): void {
    const { view, ratio } = this.stage.context.store.get();
    this.stage.invalidate(areaOf(snapped(view), box, lineReach(ratio)));
  }

  /** Repaints where the tool shows something now or did before. */
  private redrawTool(): void {
    const { view, ratio } = this.stage.context.store.get();
    const points = this.tool.extent?.();
    if (!points) {
      this.stage.invalidate();
      return;
    }
    const before = this.toolArea;
    const around = points.length > 0 ? boxOf(points) : null;
    this.toolArea = around && areaOf(snapped(view), around, Math.ceil(TOOL_REACH_CSS_PX * ratio));
    for (const area of [before, this.toolArea]) if (area) this.stage.invalidate(area);
  }

  private startFlicker({ comparison }: EditorState): void {
    if (this.flicker) clearInterval(this.flicker);
    this.flicker = null;
    if (comparison.mode !== 'flicker') return;
    this.flicker = setInterval(() => {
      this.lesions.turn();
      this.stage.invalidate();
    }, FLICKER_MS);
  }
}

function boxOf(points: readonly Point[]): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return boxAround(left, top, right, bottom);
}

/**
 * Whether a change of state is visible beyond the pixels already repainted for it. A stroke must
 * not redraw the whole canvas, neither when it begins nor when it ends.
 */
function looksOther(before: EditorState, now: EditorState): boolean {
  // Numbers are shown above the outlines of several lesions and move with their boxes.
  const marks = ({ lesions, classes }: EditorState) =>
    lesions.map(({ label, visible, box, classId }) => [
      label,
      visible,
      classId,
      (lesions.length > 1 || !isSingle(classes)) && box,
    ]);
  return (
    before.selected !== now.selected ||
    before.tool !== now.tool ||
    before.comparison !== now.comparison ||
    before.measurements !== now.measurements ||
    before.classes !== now.classes ||
    (before.lesions !== now.lesions && JSON.stringify(marks(before)) !== JSON.stringify(marks(now)))
  );
}
