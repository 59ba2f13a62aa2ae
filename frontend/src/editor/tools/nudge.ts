import { t } from '@lingui/core/macro';
import type { Point } from '../../viewer/geometry';
import type { PointerSample } from '../../viewer/tools';
import { type Box, boxAround, intersection } from '../box';
import { type EditorTool, type EditorToolContext, lesionUnder, onImage } from './context';

/** Longer steps than this fraction of the radius would fold the picture over itself. */
const LONGEST_STEP = 0.25;

/**
 * Pushes the boundary of the lesion under the pointer, or else of the selected one. The push is
 * strongest under the pointer and fades towards the radius. The lesion is held as a field of 0..1
 * that is warped at every step and thresholded at one half, so many small pushes of less than a
 * pixel each add up.
 */
export class NudgeTool implements EditorTool {
  readonly cursor = 'none';
  readonly draws = true;
  private field: Float32Array | null = null;
  private label = 0;
  private last: Point | null = null;

  constructor(private readonly context: EditorToolContext) {}

  down(at: PointerSample): void {
    const { editor } = this.context;
    const { selected } = editor.state.get();
    const point = onImage(this.context, at);
    const label = lesionUnder(editor, point) ?? selected;
    if (label === null) {
      editor.notice(t`There is no lesion here: push from inside one, or select it first.`);
      return;
    }
    if (!editor.isVisible(label)) editor.setVisible(label, true);
    editor.begin(t`Nudge`);
    editor.note({ selected: label });
    this.label = label;
    this.field = Float32Array.from(editor.map.data, (own) => Number(own === label));
    this.last = point;
  }

  move(at: PointerSample): void {
    if (!this.last || !this.field) return;
    const to = onImage(this.context, at);
    const from = this.last;
    const { nudgeRadius: radius } = this.context.editor.state.get().options;
    const far = Math.hypot(to.x - from.x, to.y - from.y);
    const steps = Math.ceil(far / (radius * LONGEST_STEP));
    for (let i = 0; i < steps; i += 1) {
      const part = (share: number) => ({
        x: from.x + (to.x - from.x) * share,
        y: from.y + (to.y - from.y) * share,
      });
      this.push(this.field, part(i / steps), part((i + 1) / steps), radius);
    }
    this.last = to;
  }

  up(): void {
    if (!this.last) return;
    this.last = null;
    this.field = null;
    const { editor } = this.context;
    if (!editor.commit({ pixelsOnly: true })) {
      editor.notice(
        t`No boundary was near enough. Push from close to it, or enlarge the tool ( ] ).`,
      );
    }
  }

  cancel(): void {
    if (!this.last) return;
    this.last = null;
    this.field = null;
    this.context.editor.cancel();
  }

  hover(): void {}

  doubleClick(): void {}

  wheel(notches: number): boolean {
    this.context.editor.resizeTool(1.15 ** notches);
    return true;
  }

  private push(field: Float32Array, from: Point, to: Point, radius: number): void {
    const { editor } = this.context;
    const around = boxAround(to.x - radius, to.y - radius, to.x + radius, to.y + radius);
    const box = intersection(around, editor.map.box);
    if (!box) return;
    const { width, height } = editor.map;
    const moved = warped(field, width, height, box, from, to, radius);
    for (let row = 0; row < box.height; row += 1) {
      const part = moved.subarray(row * box.width, (row + 1) * box.width);
      field.set(part, (box.top + row) * width + box.left);
    }
    editor.rewrite(box, (index, own) => {
      const inside = (field[index] as number) >= 0.5;
      if (own === this.label) return inside ? own : 0;
      return own === 0 && inside ? this.label : own;
    });
  }
}

/** The field inside the box, dragged from `from` to `to`, fading out towards the radius. */
function warped(
  field: Float32Array,
  width: number,
  height: number,
  box: Box,
  from: Point,
  to: Point,
  radius: number,
): Float32Array {
  const out = new Float32Array(box.width * box.height);
  for (let row = 0; row < box.height; row += 1) {
    for (let column = 0; column < box.width; column += 1) {
      const x = box.left + column;
      const y = box.top + row;
      const squared = ((x + 0.5 - to.x) ** 2 + (y + 0.5 - to.y) ** 2) / (radius * radius);
      const weight = squared < 1 ? (1 - squared) ** 2 : 0;
      const sx = x - (to.x - from.x) * weight;
      const sy = y - (to.y - from.y) * weight;
      out[row * box.width + column] = sampled(field, width, height, sx, sy);
    }
  }
  return out;
}

/** Bilinear; the edge pixels repeat. */
function sampled(field: Float32Array, width: number, height: number, x: number, y: number): number {
  const cx = Math.max(0, Math.min(width - 1, x));
  const cy = Math.max(0, Math.min(height - 1, y));
  const left = Math.floor(cx);
  const top = Math.floor(cy);
  const right = Math.min(width - 1, left + 1);
  const bottom = Math.min(height - 1, top + 1);
  const at = (px: number, py: number) => field[py * width + px] as number;
  const upper = at(left, top) + (at(right, top) - at(left, top)) * (cx - left);
  const lower = at(left, bottom) + (at(right, bottom) - at(left, bottom)) * (cx - left);
  return upper + (lower - upper) * (cy - top);
}
