import { type Area, type Point, toCanvas, type View } from '../../viewer/geometry';
import type { Layer } from '../../viewer/layers';
import type { ViewerState } from '../../viewer/state';
import type { Editor } from '../editor';
import { greyWithin } from '../grey';
import { SCRIBBLE } from '../state';
import type { EditorTool } from '../tools/context';
import { drawMeasurement } from './measurement';
import { fillPixels, pixelsIn } from './pixelGrid';
import { strokeBoth } from './strokes';

/** Distinguishable for colour-blind people too. */
const SCRIBBLE_COLOURS: (string | undefined)[] = [];
SCRIBBLE_COLOURS[SCRIBBLE.lesion] = '#2fe6d0';
SCRIBBLE_COLOURS[SCRIBBLE['not-lesion']] = '#ff4d79';

/** The scribbles for the next refine. */
export class ScribbleLayer implements Layer {
  constructor(private readonly editor: Editor) {}

  draw(context: CanvasRenderingContext2D, view: View, _state: ViewerState, area: Area): void {
    const { scribbled, stroking, tool } = this.editor.state.get();
    if (scribbled === 0 && !(stroking && (tool === 'scribble' || tool === 'seeds'))) return;
    const map = this.editor.scribbles;
    const box = pixelsIn(view, area, map);
    if (!box) return;
    context.globalAlpha = 0.7;
    const kindOf = (index: number) => map.data[index] as number;
    fillPixels(context, view, box, map.width, kindOf, SCRIBBLE_COLOURS);
    context.globalAlpha = 1;
  }
}

/** The measurements made by hand. */
export class MeasurementLayer implements Layer {
  constructor(private readonly editor: Editor) {}

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    for (const one of this.editor.state.get().measurements) {
      drawMeasurement(context, view, state.ratio, one, greyWithin(this.editor.frame, one));
    }
  }
}

/** The active tool's own drawing. */
export class ToolLayer implements Layer {
  tool: EditorTool | null = null;

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    this.tool?.draw?.(context, view, state);
  }
}

/** The circle of a round tool at its true size, and the crosshair for drawing by keyboard. */
export class CursorLayer implements Layer {
  /** Position of the pointer in image coordinates; null if it is elsewhere. */
  pointer: Point | null = null;
  /** The centre of the pixel at the keyboard's crosshair; null if it is not in use. */
  crosshair: Point | null = null;
  /** Radius of the active tool, in image pixels; null for tools without a size. */
  radius: number | null = null;

  /** The part of the canvas covered by the circle; null for none. */
  area(view: View, ratio: number): Area | null {
    if (!this.pointer || this.radius === null) return null;
    const at = toCanvas(view, this.pointer);
    const reach = Math.ceil(this.shownRadius(view, ratio) + 3 * ratio) + 1;
    const x = Math.floor(at.x) - reach;
    const y = Math.floor(at.y) - reach;
    return { x, y, width: 2 * reach + 1, height: 2 * reach + 1 };
  }

  draw(context: CanvasRenderingContext2D, view: View, { ratio }: ViewerState): void {
    if (this.crosshair) this.drawCrosshair(context, view, ratio, this.crosshair);
    const centre = this.pointer ?? this.crosshair;
    if (!centre || this.radius === null) return;
    const at = toCanvas(view, centre);
    context.beginPath();
    context.arc(at.x, at.y, this.shownRadius(view, ratio), 0, 2 * Math.PI);
    strokeBoth(context, ratio, 1);
  }

  /** At its true size, but never so small that the cursor is hard to find. */
  private shownRadius(view: View, ratio: number): number {
    return Math.max((this.radius ?? 0) * view.scale, 2 * ratio);
  }

  private drawCrosshair(
    context: CanvasRenderingContext2D,
    view: View,
    ratio: number,
    place: Point,
  ): void {
    const at = toCanvas(view, place);
    const gap = 5 * ratio;
    const arm = 16 * ratio;
    context.beginPath();
    for (const [x, y] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      context.moveTo(at.x + x * gap, at.y + y * gap);
      context.lineTo(at.x + x * arm, at.y + y * arm);
    }
    strokeBoth(context, ratio);
  }
}
