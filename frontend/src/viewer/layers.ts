import { type Area, type Point, toCanvas, type View } from './geometry';
import { applyTable, type Display, isAsStored, lookupTable } from './grayWindow';
import { lesionColour } from './lesions';
import type { ViewerState } from './state';
import { readably } from './turn';

/**
 * Something drawn on the canvas, in order. The offsets of `view` are whole device pixels. Drawing
 * is clipped to `area`, so a layer may skip everything outside it.
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
 * From two device pixels per image pixel on, image pixels are shown as squares. Below that,
 * nearest-neighbour sampling would make some of them twice as wide as others, which looks like
 * texture that is not there.
 */
function setSmoothing(context: CanvasRenderingContext2D, view: View): void {
  context.imageSmoothingEnabled = view.scale < 2;
  context.imageSmoothingQuality = 'high';
}

/** The frame with brightness, contrast and inversion applied. */
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
    // If the edge of an image pixel falls on the centre of a device pixel, this offset decides
    // which side it goes to, consistently for whatever part of the canvas is drawn.
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

/** Longer class names would cover the surrounding tissue. */
const LONGEST_NAME = 18;

function shortened(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
}

/** The number and class of a lesion above an image point, its topmost one as seen. */
export function drawLabel(
  context: CanvasRenderingContext2D,
  label: number,
  top: Point,
  view: View,
  ratio: number,
  said: { colour?: string | undefined; name?: string | undefined } = {},
): void {
  const { colour = lesionColour(label), name } = said;
  const radius = 9 * ratio;
  context.font = `600 ${11 * ratio}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  context.textAlign = 'center';
  const text = name ? `${label} ${shortened(name)}` : String(label);
  const half = Math.max(radius, context.measureText(text).width / 2 + 6 * ratio);
  readably(context, toCanvas(view, top), ({ y: shown }) => {
    const y = Math.max(radius + 2 * ratio - shown, -radius - 5 * ratio);
    context.fillStyle = colour;
    context.beginPath();
    context.roundRect(-half, y - radius, 2 * half, 2 * radius, radius);
    context.fill();
    context.fillStyle = '#0b0c0e';
    context.fillText(text, 0, y + 0.5 * ratio);
  });
}
