import type { Area, Point, View } from '../../viewer/geometry';
import { drawLabel, type Layer } from '../../viewer/layers';
import type { ViewerState } from '../../viewer/state';
import { AS_TAKEN, directionOnCanvas } from '../../viewer/turn';
import { type Box, intersection } from '../box';
import { classOf, isSingle, lesionColours } from '../classes';
import type { Editor } from '../editor';
import type { LabelMap } from '../labelMap';
import type { EditorState } from '../state';
import { halvesOf, shared } from './curtain';
import { type Outline, outlineOf, strokeDashed } from './dashes';
import { areaOf, type Edge, edges, fillPixels, pixelsIn, strokeEdges } from './pixelGrid';
import { EXACT_FROM, smoothPieces, strokePieces } from './smoothContour';
import { strokeBoth } from './strokes';
import { topOf } from './tops';

const UP: Point = { x: 0, y: -1 };

/** How far the widest line extends beyond its edge, in device pixels. */
export function lineReach(ratio: number): number {
  return Math.ceil(3.5 * ratio) + 1;
}

/** Which labels of a map are drawn, and how. */
interface Drawn {
  map: LabelMap;
  /** Box around all its lesions; null for none. */
  extent: Box | null;
  colours: readonly (string | undefined)[];
  fill: number;
  contour: boolean;
  front: number | null;
  pointed: number | null;
  /** Lesions drawn dashed and not filled, because nobody has confirmed them yet. */
  dashes: ReadonlyMap<number, Outline>;
}

/**
 * The outlines being corrected, read from the live map at every paint. Nothing is traced or copied
 * in advance, so the cost of a stroke depends only on the area that it touched. Also shows the
 * model's outlines, as set by the editor's comparison.
 */
export class LesionLayer implements Layer {
  /** Which of the two a flicker currently shows. */
  private shown: 'before' | 'after' = 'after';
  private tops = { revision: -1, turn: AS_TAKEN, of: new Map<number, Point>() };
  private extent: { of: LabelMap; box: Box | null } | null = null;
  private colours: { of: Pick<EditorState, 'lesions' | 'classes'> | null; by: Colours } = {
    of: null,
    by: PLAIN_COLOURS,
  };

  private outlines: {
    of: EditorState['lesions'] | null;
    by: ReadonlyMap<number, Outline>;
  } = { of: null, by: NO_DASHES };

  constructor(private readonly editor: Editor) {}

  /** Shows the other one during flicker. */
  turn(): void {
    this.shown = this.shown === 'after' ? 'before' : 'after';
  }

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState, area: Area): void {
    if (!state.overlay.shown) return;
    const { comparison } = this.editor.state.get();
    const { reference } = this.editor;
    const mode = reference ? comparison.mode : 'after';
    const flicker = mode === 'flicker' ? this.shown : mode;
    if (flicker === 'before' && reference) {
      this.drawMap(context, view, state, area, this.before(reference, state));
    } else if (mode === 'split' && reference) {
      this.drawSplit(context, view, state, area, reference, comparison.split);
    } else {
      if (mode === 'outline' && reference) {
        const thin = { ...this.before(reference, state), fill: 0, contour: true };
        this.drawMap(context, view, state, area, { ...thin, colours: ALL_WHITE });
      }
      for (const drawn of this.after(state)) {
        this.drawMap(context, view, state, area, drawn);
      }
      this.drawNumbers(context, view, state);
    }
  }

  /**
   * The number of every lesion, and its class if there are several: colours alone would not be
   * distinguishable for everybody. Their positions follow commits, not strokes, since they extend
   * beyond the area that a stroke repaints.
   */
  private drawNumbers(
    context: CanvasRenderingContext2D,
    view: View,
    { hovered, ratio, turn }: ViewerState,
  ): void {
    const { lesions, classes, revision, stroking } = this.editor.state.get();
    const colours = this.coloursOf();
    const classed = !isSingle(classes);
    // A single lesion needs no number.
    if (lesions.length < 2 && hovered === null && !classed) return;
    if (this.tops.turn !== turn || (this.tops.revision !== revision && !stroking)) {
      this.tops = { revision, turn, of: new Map() };
    }
    for (const { label, box, visible, classId } of lesions) {
      if (!box || !visible) continue;
      let top = this.tops.of.get(label);
      if (!top) {
        top = topOf(this.editor.mapOf(label), label, box, directionOnCanvas(turn, UP));
        this.tops.of.set(label, top);
      }
      const name = classed ? classOf(classes, classId)?.name : undefined;
      drawLabel(context, label, top, view, ratio, { colour: colours[label], name });
    }
  }

  private drawSplit(
    context: CanvasRenderingContext2D,
    view: View,
    state: ViewerState,
    area: Area,
    reference: LabelMap,
    split: number,
  ): void {
    const halves = halvesOf(areaOf(view, reference.box, 0), state, split);
    for (const [half, drawn] of [
      [halves.left, [this.before(reference, state)]],
      [halves.right, this.after(state)],
    ] as const) {
      const part = shared(half, area);
      if (!part) continue;
      context.save();
      context.beginPath();
      context.rect(part.x, part.y, part.width, part.height);
      context.clip();
      for (const one of drawn) this.drawMap(context, view, state, part, one);
      context.restore();
    }
    context.beginPath();
    const [from, to] = halves.line;
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    strokeBoth(context, state.ratio);
  }

  /** One for each layer: lesions that share pixels must all be visible. */
  private after(state: ViewerState): Drawn[] {
    const { lesions, selected } = this.editor.state.get();
    const hidden = new Set(lesions.filter((one) => !one.visible).map((one) => one.label));
    const { maps, extent } = this.editor;
    const dashes = this.dashes();
    return maps.map(({ map }) => ({
      map,
      extent,
      colours: this.coloursOf().map((colour, label) => (hidden.has(label) ? undefined : colour)),
      fill: state.overlay.fill ? state.overlay.opacity : 0,
      contour: state.overlay.contour,
      front: selected,
      pointed: state.hovered,
      dashes,
    }));
  }

  /** The dashed outlines; traced once, and again while somebody draws. */
  private dashes(): ReadonlyMap<number, Outline> {
    const { lesions, stroking } = this.editor.state.get();
    if (this.outlines.of === lesions && !stroking) return this.outlines.by;
    const by = new Map<number, Outline>();
    for (const { label, doubt } of lesions) {
      const box = doubt === undefined ? null : this.editor.liveBox(label);
      if (box) by.set(label, outlineOf(this.editor.mapOf(label), label, box));
    }
    this.outlines = { of: stroking ? null : lesions, by };
    return by;
  }

  private coloursOf(): Colours {
    const { lesions, classes } = this.editor.state.get();
    const { of } = this.colours;
    if (of?.lesions !== lesions || of.classes !== classes) {
      this.colours = { of: { lesions, classes }, by: lesionColours(lesions, classes) };
    }
    return this.colours.by;
  }

  private before(map: LabelMap, state: ViewerState): Drawn {
    if (this.extent?.of !== map) this.extent = { of: map, box: extentOf(map) };
    const { fill, opacity, contour } = state.overlay;
    return {
      map,
      extent: this.extent.box,
      colours: PLAIN_COLOURS,
      fill: fill ? opacity : 0,
      contour,
      front: null,
      pointed: null,
      dashes: NO_DASHES,
    };
  }

  private drawMap(
    context: CanvasRenderingContext2D,
    view: View,
    state: ViewerState,
    area: Area,
    drawn: Drawn,
  ): void {
    const { map, extent, fill, dashes } = drawn;
    // Lines extend beyond their edges, so edges slightly outside the area count too.
    const margin = Math.ceil(lineReach(state.ratio) / view.scale) + 1;
    const seen = pixelsIn(view, area, map, margin);
    const box = seen && extent && intersection(seen, extent);
    if (!box) return;
    if (fill > 0) {
      const colours = drawn.colours.map((colour, label) =>
        dashes.has(label) ? undefined : colour,
      );
      context.globalAlpha = fill;
      fillPixels(context, view, box, map.width, (index) => map.data[index] as number, colours);
      context.globalAlpha = 1;
    }
    this.drawContours(context, view, state, box, drawn);
  }

  private drawContours(
    context: CanvasRenderingContext2D,
    view: View,
    { ratio }: ViewerState,
    box: Box,
    { map, colours, contour, front, pointed, dashes }: Drawn,
  ): void {
    if (!contour && front === null && pointed === null) return;
    const smooth = view.scale < EXACT_FROM * ratio;
    const lines = smooth ? smoothPieces(view, box, map) : edges(view, box, map, front);
    for (const [label, pieces] of inOrder<readonly (Edge | number)[]>(lines, front)) {
      const strong = label === front || label === pointed;
      const colour = colours[label];
      if (!colour || !(contour || strong)) continue;
      const width = Math.max(1, Math.round((strong ? 2.5 : 1.5) * ratio));
      // A dark rim keeps the line readable on bright tissue.
      const rim = width + 2 * Math.round(ratio);
      const dashed = dashes.get(label);
      if (dashed) {
        const style = { smooth, width: rim, colour: RIM };
        strokeDashed(context, view, ratio, dashed, style);
        strokeDashed(context, view, ratio, dashed, { ...style, width, colour });
      } else if (smooth) {
        strokePieces(context, pieces as number[], rim, RIM);
        strokePieces(context, pieces as number[], width, colour);
      } else {
        strokeEdges(context, pieces as Edge[], rim, RIM);
        strokeEdges(context, pieces as Edge[], width, colour);
      }
    }
  }
}

/** The lesion in front last, so that it covers the lines that it shares with others. */
function inOrder<T>(lines: ReadonlyMap<number, T>, front: number | null): [number, T][] {
  return [...lines].sort(([a], [b]) => Number(a === front) - Number(b === front));
}

const NO_DASHES: ReadonlyMap<number, Outline> = new Map();
const RIM = 'rgb(0 0 0 / 55%)';

type Colours = readonly (string | undefined)[];

/** The model's lesions have no class. */
const PLAIN_COLOURS: Colours = lesionColours([], []);
const ALL_WHITE = PLAIN_COLOURS.map((_, label) => (label === 0 ? undefined : '#ffffff'));

function extentOf({ data, width, height }: LabelMap): Box | null {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (data[y * width + x] === 0) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}
