import { toCanvas, type View } from './geometry';
import type { Layer } from './layers';
import type { ViewerState } from './state';
import { readably } from './turn';

/** A box in px of the frame. */
export interface TextBox {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** An area that looks like text; `number` is its number in the list next to the image. */
export interface NumberedBox extends TextBox {
  number: number;
}

const SUSPECTED = '#ff6fae';
const BLANKED = '#9aa4b2';

/** Outlines of suspected text and of blanked areas. */
export class TextLayer implements Layer {
  constructor(
    private readonly suspected: readonly NumberedBox[],
    private readonly blanked: readonly TextBox[],
  ) {}

  draw(context: CanvasRenderingContext2D, view: View, { text, ratio }: ViewerState): void {
    if (text.blanked) {
      for (const box of this.blanked) outline(context, view, ratio, box, BLANKED, 1);
    }
    if (!text.suspected) return;
    for (const box of this.suspected) {
      outline(context, view, ratio, box, SUSPECTED, 1.75);
      label(context, view, ratio, box);
    }
  }
}

function outline(
  context: CanvasRenderingContext2D,
  view: View,
  ratio: number,
  box: TextBox,
  colour: string,
  width: number,
): void {
  const from = toCanvas(view, { x: box.left, y: box.top });
  const [w, h] = [box.width * view.scale, box.height * view.scale];
  context.lineWidth = (width + 1.5) * ratio;
  context.strokeStyle = 'rgb(0 0 0 / 65%)';
  context.strokeRect(from.x, from.y, w, h);
  context.lineWidth = width * ratio;
  context.strokeStyle = colour;
  context.setLineDash([6 * ratio, 3 * ratio]);
  context.strokeRect(from.x, from.y, w, h);
  context.setLineDash([]);
}

function label(
  context: CanvasRenderingContext2D,
  view: View,
  ratio: number,
  box: NumberedBox,
): void {
  const text = `T${box.number}`;
  context.font = `600 ${11 * ratio}px system-ui, sans-serif`;
  context.textAlign = 'left';
  context.textBaseline = 'bottom';
  context.lineJoin = 'round';
  context.lineWidth = 3.5 * ratio;
  context.strokeStyle = 'rgb(0 0 0 / 75%)';
  context.fillStyle = SUSPECTED;
  readably(context, toCanvas(view, { x: box.left, y: box.top }), ({ y: shown }) => {
    const y = Math.max(14 * ratio - shown, -3 * ratio);
    context.strokeText(text, 0, y);
    context.fillText(text, 0, y);
  });
}
