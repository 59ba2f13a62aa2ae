import { t } from '@lingui/core/macro';
import { distance, type Point, toCanvas, type View } from '../../viewer/geometry';
import type { ViewerState } from '../../viewer/state';
import { PanTool, type PointerSample } from '../../viewer/tools';
import { intersection, union } from '../box';
import type { Coverage } from '../coverage';
import { drawHandles } from '../layers/strokes';
import { rememberedRing, rememberRing } from '../ringMemory';
import {
  filled,
  type HandlePosition,
  handlePositionOn,
  holds,
  outlineOf,
  type Ring,
  ringsOf,
  withHandleAt,
  withMoved,
  without,
} from '../rings';
import { type EditorTool, type EditorToolContext, lesionUnder, onImage } from './context';

/** How near a press must be to grab a point or the line, in CSS pixels. */
const REACH_CSS_PX = 8;
/** The same for a fingertip, which covers what it points at. */
const FINGER_CSS_PX = 22;

/** A handle of one of the rings. */
interface Held {
  ring: number;
  handle: number;
}

/** The boundaries shown for the lesion, and the revision of the pixels they were traced from. */
interface Shown {
  label: number;
  revision: number;
  rings: Ring[];
}

/** The state at the beginning of a drag. */
interface Drag {
  label: number;
  /** Labels of the layer before the drag. */
  base: Uint8Array;
  before: Coverage;
  last: Coverage;
}

/**
 * The points of the selected lesion's outline: drag one, press on the line to add one, remove one
 * with Backspace, Shift and a click, or a double click. The pixels follow while a point moves; the
 * outline beyond its two neighbours stays unchanged.
 */
export class PointsTool implements EditorTool {
  readonly cursor = 'crosshair';
  readonly draws = true;
  /** Undo and other changes of pixels move the points. */
  readonly followsPixels = true;
  private shown: Shown | null = null;
  private held: Held | null = null;
  private dragging: Drag | 'ready' | null = null;
  private readonly pan: PanTool;
  private panning = false;

  constructor(private readonly context: EditorToolContext) {
    this.pan = new PanTool(context);
    const { lesions, selected } = context.editor.state.get();
    const only = lesions.length === 1 ? lesions[0] : undefined;
    if (selected === null && only) context.editor.selectLesion(only.label);
  }

  get busy(): boolean {
    return this.dragging !== null;
  }

  down(at: PointerSample): void {
    const point = onImage(this.context, at);
    const reach = this.reach(at);
    const handle = this.nearestHandle(point, reach);
    if (handle) {
      this.held = handle;
      if (at.shift || at.alt) this.removePoint();
      else this.dragging = 'ready';
    } else if (!this.takeLine(point, reach)) {
      this.takeLesion(point, at);
    }
    this.context.redraw();
  }

  /** Adds a point where the line is pressed. */
  private takeLine(point: Point, reach: number): boolean {
    const rings = this.rings();
    let best: { ring: number; place: HandlePosition } | null = null;
    rings.forEach((ring, index) => {
      const place = handlePositionOn(ring, point);
      if (place.distance > reach || (best && place.distance >= best.place.distance)) return;
      best = { ring: index, place };
    });
    const found = best as { ring: number; place: HandlePosition } | null;
    if (!found) return false;
    this.change(found.ring, withHandleAt(rings[found.ring] as Ring, found.place));
    this.held = { ring: found.ring, handle: found.place.after + 1 };
    this.dragging = 'ready';
    return true;
  }

  private takeLesion(point: Point, at: PointerSample): void {
    const { editor } = this.context;
    const under = lesionUnder(editor, point);
    this.held = null;
    if (under !== null && under !== editor.state.get().selected) {
      editor.selectLesion(under);
      return;
    }
    if (editor.state.get().selected === null) {
      editor.notice(t`Click a lesion to see the points of its outline.`);
    }
    this.panning = true;
    this.pan.down(at);
  }

  move(at: PointerSample): void {
    if (this.panning) {
      this.pan.move(at);
      return;
    }
    if (!this.dragging || !this.held) return;
    const to = onImage(this.context, at);
    const ring = this.rings()[this.held.ring];
    const from = ring?.handles[this.held.handle];
    if (!ring || !from) return;
    if (this.dragging === 'ready') {
      // Small movements during a click move nothing.
      if (distance(from, to) < 0.25) return;
      this.dragging = this.beginDrag(ring, t`Move point`);
    }
    const next = withMoved(ring, this.held.handle, to);
    this.write(this.dragging, next);
    this.change(this.held.ring, next);
    this.context.redraw();
  }

  up(at: PointerSample): void {
    if (this.panning) this.pan.up();
    this.panning = false;
    if (this.dragging && this.dragging !== 'ready') {
      this.move(at);
      this.endDrag();
    }
    this.dragging = null;
    this.context.redraw();
  }

  cancel(): void {
    this.panning = false;
    this.pan.cancel();
    if (this.dragging && this.dragging !== 'ready') {
      this.context.editor.cancel();
      this.shown = null;
    }
    this.dragging = null;
    this.context.redraw();
  }

  hover(at: PointerSample): void {
    const point = onImage(this.context, at);
    const found = this.nearestHandle(point, this.reach(at));
    this.context.store.set({ hovered: found ? null : lesionUnder(this.context.editor, point) });
    if (!found || (found.ring === this.held?.ring && found.handle === this.held.handle)) return;
    this.held = found;
    this.context.redraw();
  }

  doubleClick(at: PointerSample): void {
    // The first of the two clicks grabbed the point, or created it.
    if (this.nearestHandle(onImage(this.context, at), this.reach(at))) this.removePoint();
  }

  /** Removes the point that was touched last. */
  removePoint(): boolean {
    const { held } = this;
    const ring = held && this.rings()[held.ring];
    if (!held || !ring) return false;
    const next = without(ring, held.handle);
    if (!next) {
      this.context.editor.notice(t`An outline needs three points.`);
      return true;
    }
    const drag = this.beginDrag(ring, t`Remove point`);
    this.write(drag, next);
    this.change(held.ring, next);
    this.held = { ring: held.ring, handle: held.handle % next.handles.length };
    this.endDrag();
    this.dragging = null;
    this.context.redraw();
    return true;
  }

  /** Enter: the crosshair goes to the next point. */
  nextPlace(): Point | null {
    const rings = this.rings();
    const { ring, handle } = this.held ?? { ring: 0, handle: -1 };
    const own = rings[ring];
    if (!own || this.dragging) return null;
    const last = handle + 1 >= own.handles.length;
    this.held = last
      ? { ring: (ring + 1) % rings.length, handle: 0 }
      : { ring, handle: handle + 1 };
    this.context.redraw();
    return rings[this.held.ring]?.handles[this.held.handle] ?? null;
  }

  extent(): readonly Point[] {
    return this.rings().flatMap(outlineOf);
  }

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    this.rings().forEach(({ handles }, ring) => {
      const points = handles.map((handle) => toCanvas(view, handle));
      drawHandles(context, points, state.ratio, this.held?.ring === ring ? this.held.handle : -1);
    });
  }

  private reach(at: PointerSample): number {
    const { view, ratio } = this.context.store.get();
    const css = at.type === 'touch' ? FINGER_CSS_PX : REACH_CSS_PX;
    return (css * ratio) / view.scale;
  }

  private nearestHandle(point: Point, reach: number): Held | null {
    let best: Held | null = null;
    let least = reach;
    this.rings().forEach(({ handles }, ring) => {
      handles.forEach((at, handle) => {
        const off = distance(at, point);
        if (off > least) return;
        least = off;
        best = { ring, handle };
      });
    });
    return best;
  }

  /** The rings of the selected lesion, traced again if something else changed its pixels. */
  private rings(): readonly Ring[] {
    const { editor } = this.context;
    const { selected, lesions, revision } = editor.state.get();
    const lesion = lesions.find(({ label }) => label === selected);
    if (!lesion?.box || !lesion.visible) return [];
    const { label, box } = lesion;
    const { shown } = this;
    if (shown?.label === label && (shown.revision === revision || this.dragging))
      return shown.rings;
    const map = editor.mapOf(label);
    const rings = ringsOf(map, label, box).map(
      (traced) => rememberedRing(editor, traced, map.box) ?? traced,
    );
    if (shown?.label !== label) this.held = null;
    this.shown = { label, revision, rings };
    return rings;
  }

  private change(index: number, ring: Ring): void {
    if (!this.shown) return;
    this.shown = { ...this.shown, rings: this.shown.rings.with(index, ring) };
  }

  private beginDrag(ring: Ring, name: string): Drag {
    const { editor } = this.context;
    const label = this.shown?.label ?? 0;
    const before = filled(ring);
    // Remember the points as they are, so that undo can restore them.
    rememberRing(editor, ring);
    editor.begin(name);
    return { label, base: editor.mapOf(label).data.slice(), before, last: before };
  }

  /** The lesion gains what the ring encloses now, and loses what it enclosed before. */
  private write(drag: Drag, ring: Ring): void {
    const { editor } = this.context;
    const { label, base, before } = drag;
    const after = filled(ring);
    const area = intersection(
      union(union(before.box, after.box) ?? after.box, drag.last.box) ?? after.box,
      editor.map.box,
    );
    drag.last = after;
    if (!area) return;
    const { width } = editor.mapOf(label);
    const { overwrite } = editor.state.get().options;
    const free = (own: number) => own === 0 || (overwrite && editor.isVisible(own));
    editor.rewrite(
      area,
      (index) => {
        const own = base[index] as number;
        const x = index % width;
        const y = (index - x) / width;
        const was = holds(before, x, y);
        const is = holds(after, x, y);
        if (was === is) return own;
        if (is !== ring.hole) return own === label || free(own) ? label : own;
        return own === label ? 0 : own;
      },
      editor.layerIdOf(label),
    );
  }

  private endDrag(): void {
    const { editor } = this.context;
    const { shown, held } = this;
    const ring = shown && held && shown.rings[held.ring];
    const done = editor.commit({ pixelsOnly: true });
    if (!shown) return;
    if (ring) rememberRing(editor, ring);
    // After a commit the rings are traced again; the points stay where they were put unless other
    // lesions kept the pixels from following.
    this.shown = done ? null : { ...shown, revision: editor.state.get().revision };
  }
}
