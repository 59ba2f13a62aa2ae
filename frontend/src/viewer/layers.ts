import { type Area, type Point, toCanvas, type View } from './geometry';
import { applyTable, type Display, isAsStored, lookupTable } from './grayWindow';
import { lesionColour, type Outline, outlinePoints } from './lesions';
import type { ViewerState } from './state';

/**
 * Something drawn over the canvas, in order. `view` has whole device pixel offsets. Drawing is
 * clipped to `area`, so a layer may leave out all that lies outside of it.
 */
export interface Layer {
  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState, area: Area): void;
}

type Surface = { canvas: OffscreenCanvas; context: OffscreenCanvasRenderingContext2D };

function surface(width: number, height: number): Surface {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('This browser cannot draw; enable canvas and reload.');
  return { canvas, context };
}

/**
 * Pixels are shown as pixels from two device pixels each. Below that, nearest neighbour would
 * make some image pixels twice as wide as others, which reads as texture that is not there.
 */
function setSmoothing(context: CanvasRenderingContext2D, view: View): void {
  context.imageSmoothingEnabled = view.scale < 2;
  context.imageSmoothingQuality = 'high';
}

/** The frame, through brightness, contrast and inversion. */
export class FrameLayer implements Layer {
  private source: ImageData | null = null;
  private shown: Surface | null = null;
  private painted: Display | null = null;

  setFrame(pixels: ImageData | null): void {
    this.source = pixels;
    this.painted = null;
    this.shown = pixels ? surface(pixels.width, pixels.height) : null;
  }

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    if (!this.source || !this.shown) return;
    if (this.painted !== state.display) this.paint(state.display);
    setSmoothing(context, view);
    const { width, height } = this.source;
    // Where the edge of an image pixel falls on the middle of a device pixel, this much settles to
    // which side that goes, the same one whatever part of the canvas is drawn.
    const tie = context.imageSmoothingEnabled ? 0 : 1 / 256;
    const [x, y] = [view.x + tie, view.y + tie];
    context.drawImage(this.shown.canvas, x, y, width * view.scale, height * view.scale);
  }

  private paint(display: Display): void {
    if (!this.source || !this.shown) return;
    this.painted = display;
    if (isAsStored(display)) {
      this.shown.context.putImageData(this.source, 0, 0);
      return;
    }
    const target = this.shown.context.createImageData(this.source.width, this.source.height);
    applyTable(this.source.data, target.data, lookupTable(display));
    this.shown.context.putImageData(target, 0, 0);
  }
}

/** The mask's own pixels, coloured by the lesion that they belong to. */
export class FillLayer implements Layer {
  private tinted: Surface | null = null;

  /** @param mask RGBA whose red channel is 255 inside lesions and 0 outside */
  setMask(mask: ImageData | null, outlines: readonly Outline[]): void {
    this.tinted = mask ? tint(mask, outlines) : null;
  }

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    if (!this.tinted || !state.overlay.shown || !state.overlay.fill) return;
    setSmoothing(context, view);
    const { width, height } = this.tinted.canvas;
    context.globalAlpha = state.overlay.opacity;
    context.drawImage(this.tinted.canvas, view.x, view.y, width * view.scale, height * view.scale);
    context.globalAlpha = 1;
  }
}

function tint(mask: ImageData, outlines: readonly Outline[]): Surface {
  const { width, height } = mask;
  const alpha = new ImageData(width, height);
  for (let i = 0; i < mask.data.length; i += 4) alpha.data[i + 3] = mask.data[i] as number;
  const result = surface(width, height);
  result.context.putImageData(alpha, 0, 0);
  // Colour by outline, grown by a stroke to reach the boundary pixels, cut to the mask itself.
  const colour = surface(width, height);
  colour.context.fillStyle = lesionColour(1);
  colour.context.fillRect(0, 0, width, height);
  for (const outline of outlines) {
    const path = pathOf(outlinePoints(outline), { scale: 1, x: 0, y: 0 });
    colour.context.fillStyle = lesionColour(outline.label);
    colour.context.strokeStyle = lesionColour(outline.label);
    colour.context.lineWidth = 3;
    colour.context.fill(path);
    colour.context.stroke(path);
  }
  result.context.globalCompositeOperation = 'source-in';
  result.context.drawImage(colour.canvas, 0, 0);
  return result;
}

/** Outlines as lines of constant width, so they stay crisp at every zoom. */
export class ContourLayer implements Layer {
  private outlines: { label: number; points: Point[] }[] = [];

  setOutlines(outlines: readonly Outline[]): void {
    this.outlines = outlines.map((outline) => ({
      label: outline.label,
      points: outlinePoints(outline),
    }));
  }

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    if (!state.overlay.shown) return;
    for (const { label, points } of this.outlines) {
      const pointed = state.hovered === label || state.selected === label;
      if (!state.overlay.contour && !pointed) continue;
      const path = pathOf(points, view);
      const width = (pointed ? 2.75 : 1.5) * state.ratio;
      context.lineJoin = 'round';
      // A dark rim keeps the line readable on bright tissue.
      context.strokeStyle = 'rgb(0 0 0 / 55%)';
      context.lineWidth = width + 1.5 * state.ratio;
      context.stroke(path);
      context.strokeStyle = lesionColour(label);
      context.lineWidth = width;
      context.stroke(path);
      if (pointed) drawLabel(context, label, topmost(points), view, state.ratio);
    }
  }
}

/** The number of a lesion above a point of the image, its topmost one. */
export function drawLabel(
  context: CanvasRenderingContext2D,
  label: number,
  top: Point,
  view: View,
  ratio: number,
): void {
  const at = toCanvas(view, top);
  const radius = 9 * ratio;
  const centre = { x: at.x, y: Math.max(radius + 2 * ratio, at.y - radius - 5 * ratio) };
  context.fillStyle = lesionColour(label);
  context.beginPath();
  context.arc(centre.x, centre.y, radius, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = '#0b0c0e';
  context.font = `600 ${11 * ratio}px system-ui, sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(String(label), centre.x, centre.y + 0.5 * ratio);
}

function topmost(points: readonly Point[]): Point {
  return points.reduce((best, point) => (point.y < best.y ? point : best));
}

function pathOf(points: readonly Point[], view: View): Path2D {
  const path = new Path2D();
  points.forEach((point, index) => {
    const at = toCanvas(view, point);
    if (index === 0) path.moveTo(at.x, at.y);
    else path.lineTo(at.x, at.y);
  });
  path.closePath();
  return path;
}
