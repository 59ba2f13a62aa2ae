import { t } from '@lingui/core/macro';
import { Store } from '../viewer/store';
import type { EditorAttribute } from './attributes';
import { Blackout } from './blackout';
import { type Box, intersection, union } from './box';
import type { EditorClass } from './classes';
import type { MaskPixels } from './components';
import type { Coverage } from './coverage';
import type { Delta } from './delta';
import { answerTo, changesOf, initialFacts, stateOf } from './facts';
import { type Facts, History } from './history';
import { type LabelMap, LabelMap as Labels } from './labelMap';
import { Lengths } from './lengths';
import { freeLabel, sameOr, shownLesions, withLesion } from './lesionList';
import { type LayerDelta, type PixelLayer, PixelLayers } from './pixelLayers';
import { ScaledMeasurements } from './scaledMeasurements';
import { checkSize, checkSizes, type EditorSetup, initialState } from './setup';
import type { Comparison, Doubt, EditorState, Spacing, ToolName, ToolOptions } from './state';
import { resized } from './toolSize';
import { TrackedMap } from './trackedMap';
import { rewriteBox, type WriteRule, writable, writeCoverage } from './writing';

const EMPTIED = t`No outline is left, so the answer is now “No lesion”. Drawing changes it back.`;

/**
 * The single source of truth for one frame's outlines during correction: a live label map, the list
 * of lesions, and a history of undoable steps. Independent of React, canvas, fetch and storage.
 *
 * Strokes write through `begin`, `lay` and `commit`; everything else goes through the commands of
 * `commands.ts`, which do the same in one call.
 */
export class Editor {
  readonly state: Store<EditorState>;
  readonly history = new History();
  /** Rulers, calipers and the note are saved with the drawing. */
  readonly keepsMarks: boolean;
  private readonly measured: ScaledMeasurements;
  /** The picture that is drawn on. */
  readonly frame: MaskPixels;
  /** The areas to be blacked out permanently. */
  readonly blackout: Blackout;
  private readonly layers: PixelLayers;
  private readonly scribbleMap: TrackedMap;
  /** The layer of the selected lesion, on which tools and commands act. */
  private active: PixelLayer;
  private readonly listeners = new Set<(box: Box) => void>();
  private hidden: ReadonlySet<number> = new Set();
  private doubts: readonly Doubt[] = [];
  private facts: Facts;
  private stroke: { name: string; before: Facts } | null = null;
  private shownReference: LabelMap | null;

  /** @throws EditorError if map, reference and frame differ in size */
  constructor(setup: EditorSetup) {
    const { map, frame, reference = null, overlays = new Map() } = setup;
    checkSizes(setup);
    this.frame = frame;
    this.measured = new ScaledMeasurements(new Lengths(setup.spacing, setup.regions));
    this.keepsMarks = setup.keepsMarks ?? true;
    this.blackout = setup.blackout ?? new Blackout();
    this.layers = new PixelLayers(map, overlays);
    this.active = this.layers.common;
    this.scribbleMap = new TrackedMap(new Labels(map.width, map.height));
    this.shownReference = reference;
    this.facts = initialFacts(setup, this.layers.present(), this.lengths);
    this.state = new Store(initialState(setup, this.facts.selected));
    this.follow();
    this.publish();
  }

  /**
   * The live labels of the selected lesion's layer, including uncommitted strokes. Read-only: write
   * through `lay`.
   */
  get map(): LabelMap {
    return this.active.pixels.map;
  }

  /** The live labels of the layer to which a lesion belongs, or would belong. */
  mapOf(label: number): LabelMap {
    return this.layerOf(label).pixels.map;
  }

  /** Box around a lesion's pixels and everything that a stroke in progress may have written. */
  liveBox(label: number): Box | null {
    return union(this.layers.box(label), this.layerOf(label).pixels.open);
  }

  /** The layers that contain lesions; the common one is always included, and first. Read-only. */
  get maps(): { classId: string | null; map: LabelMap }[] {
    return this.layers.drawn.map(({ classId, pixels }) => ({ classId, map: pixels.map }));
  }

  /** All layers as one map, later ones on top; the live map if there is only one. */
  get flat(): LabelMap {
    return this.layers.flat;
  }

  /** The visible lesion at a pixel, preferring the layer of the selected one; null for none. */
  lesionAt(x: number, y: number): number | null {
    const maps = [this.map, ...this.maps.map(({ map }) => map).reverse()];
    const found = maps.map((map) => map.at(x, y)).find((label) => label && this.isVisible(label));
    return found ?? null;
  }

  /** 0 unknown, 1 lesion, 2 not lesion: the fixed pixels for the server's refine. Read-only. */
  get scribbles(): LabelMap {
    return this.scribbleMap.map;
  }

  /** The model's outlines, shown by the comparison. */
  get reference(): LabelMap | null {
    return this.shownReference;
  }

  /** Everything besides pixels in its current state, including changes of an open step. */
  get noted(): Facts {
    return this.facts;
  }

  /** A box around all lesions, including an open stroke; null if there are none. */
  get extent(): Box | null {
    return this.facts.lesions.reduce(
      (around: Box | null, { label }) => union(around, this.layers.box(label)),
      this.layers.open,
    );
  }

  /**
   * Sets the classes and attributes of the label set. This is not a step, since they are not part
   * of the drawing.
   */
  setVocabulary(
    classes: readonly EditorClass[],
    attributes: readonly EditorAttribute[] = [],
  ): void {
    const before = this.state.get();
    if (before.classes === classes && before.attributes === attributes) return;
    this.state.set({ classes, attributes });
    this.follow();
    this.repaint(this.map.box);
  }

  setReference(map: LabelMap | null): void {
    if (map) checkSize(this.map, map);
    this.shownReference = map;
    this.repaint(this.map.box);
  }

  /** Sets the outlines that are more likely not lesions. Not a step, since nobody drew them. */
  setDoubts(doubts: readonly Doubt[]): void {
    if (doubts.length === 0 && this.doubts.length === 0) return;
    this.doubts = doubts;
    this.publish();
    this.repaint(this.map.box);
  }

  /** Calls the listener with the box of every visible change, including strokes in progress. */
  readonly onPixels = (listener: (box: Box) => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  // Values set by a page. None of these is a step.

  setTool(tool: ToolName): void {
    this.cancel();
    this.state.set({ tool, notice: null });
  }

  setOptions(change: Partial<ToolOptions>): void {
    this.state.set({ options: { ...this.state.get().options, ...change } });
  }

  /** Changes the size of the active tool, if it has one; kept between 0.5 and 200 px. */
  resizeTool(factor: number): void {
    const { tool, options } = this.state.get();
    const change = resized(tool, options, factor);
    if (change) this.setOptions(change);
  }

  setComparison(change: Partial<Comparison>): void {
    this.state.set({ comparison: { ...this.state.get().comparison, ...change } });
  }

  /** Selecting is not a step, but undo restores the selection of its time. */
  selectLesion(label: number | null): void {
    const known = label !== null && this.facts.lesions.some((lesion) => lesion.label === label);
    this.facts = { ...this.facts, selected: known ? label : null };
    this.follow();
    this.publish();
  }

  setVisible(label: number, visible: boolean): void {
    const hidden = new Set(this.hidden);
    if (visible) hidden.delete(label);
    else hidden.add(label);
    this.hidden = hidden;
    this.publish();
    const box = this.layers.box(label);
    if (box) this.repaint(box);
  }

  isVisible(label: number): boolean {
    return !this.hidden.has(label);
  }

  /** mm between pixel centres for the whole frame; null if unknown or different by region. */
  get spacing(): Spacing | null {
    return this.lengths.whole;
  }

  /** The spacing of the frame by region. */
  get lengths(): Lengths {
    return this.measured.lengths;
  }

  /** Uses another scale, e.g. after a manual calibration; existing lines are updated. */
  recalibrate(lengths: Lengths): void {
    this.measured.lengths = lengths;
    this.publish({ revision: this.state.get().revision + 1 });
  }

  notice(text: string | null): void {
    this.state.set({ notice: text });
  }

  /**
   * The current content counts as saved until the next change of pixels, names, classes, attributes
   * or answer.
   */
  markSaved(): void {
    this.history.markSaved();
    this.publish();
  }

  // Steps: `begin` … `commit` or `cancel`; writes in between are visible at once. Without an open
  // step nothing is written: a pointer that keeps moving after Escape or undo draws nothing.

  /** Opens a step. If another one is still open, it is committed first. */
  begin(name: string): void {
    this.commit();
    this.stroke = { name, before: this.facts };
    this.state.set({ stroking: true, notice: null });
  }

  /**
   * Writes a label into a set of pixels of the open step. Adding overwrites only background, or
   * with `overwrite` any visible lesion's pixels. Removing (label 0) affects the lesion `of`, or
   * all visible lesions if it is null. Lesions of other layers keep their pixels.
   */
  lay(coverage: Coverage, label: number, rule: WriteRule = {}): void {
    if (!this.stroke) return;
    const shown = writable(label, rule, this.hidden);
    const { pixels } = this.layerOf(label || (rule.of ?? this.facts.selected));
    const box = writeCoverage(pixels, coverage, label, (own) => shown[own] === 1);
    if (box) this.repaint(box);
  }

  /** Writes a scribble value into a set of pixels of the open step. */
  layScribble(coverage: Coverage, value: number): void {
    if (!this.stroke) return;
    const box = writeCoverage(this.scribbleMap, coverage, value, (own) => own !== value);
    if (box) this.repaint(box);
  }

  /** Changes facts other than pixels within the open step. */
  note(change: Partial<Facts>): void {
    if (!this.stroke) return;
    this.facts = { ...this.facts, ...change };
    this.follow();
  }

  /**
   * Writes any labels inside a box of the open step; `next` returns the new label for an index and
   * its old label.
   * @param layer id of the class of the layer, null for the common one; if omitted, the layer of
   * the selected lesion
   */
  rewrite(
    box: Box,
    next: (index: number, label: number) => number,
    layer: string | null = this.active.classId,
  ): void {
    const area = intersection(box, this.map.box);
    if (!area || !this.stroke) return;
    rewriteBox(this.layers.of(layer).pixels, area, next);
    this.repaint(area);
  }

  /** Id of the class whose layer a lesion is in, or would be in; null for the common one. */
  layerIdOf(label: number): string | null {
    return this.layerOf(label).classId;
  }

  /**
   * Closes the open step.
   * @param options.pixelsOnly discards the step, including its noted facts, if no pixel changed: a
   * stroke that missed leaves no empty lesion behind
   * @returns whether anything had changed
   */
  commit(options: { pixelsOnly?: boolean } = {}): boolean {
    const open = this.stroke;
    if (!open) return false;
    this.stroke = null;
    const pixels = this.layers.commit();
    const drawn = pixels.length > 0;
    const scribbles = this.scribbleMap.commit();
    if (options.pixelsOnly && !drawn && !scribbles) this.facts = open.before;
    const emptied = drawn && this.followAnswer();
    const { before } = open;
    const after = this.facts;
    const { facts, marks } = changesOf(before, after);
    const changed = drawn || scribbles !== null || facts || marks;
    if (changed) {
      const content = drawn || facts || (marks && this.keepsMarks);
      this.history.push({ name: open.name, pixels, scribbles, before, after, content });
    }
    this.follow();
    this.publish({
      revision: this.state.get().revision + Number(drawn),
      ...(scribbles ? { scribbled: this.scribbles.drawn } : {}),
      ...(emptied ? { notice: EMPTIED } : {}),
    });
    return changed;
  }

  /** Keeps the answer consistent with the pixels. @returns whether it thereby became "No lesion" */
  private followAnswer(): boolean {
    const before = this.facts.answer;
    const answer = answerTo(this.layers.present().length > 0, before);
    if (answer !== before) this.facts = { ...this.facts, answer };
    return before === 'lesions' && answer === 'no-lesion';
  }

  /** Cancels the open step as if it had never begun. */
  cancel(): void {
    const open = this.stroke;
    if (!open) return;
    this.stroke = null;
    this.facts = open.before;
    for (const box of this.layers.rollback()) this.repaint(box);
    const scribbled = this.scribbleMap.rollback();
    if (scribbled) this.repaint(scribbled);
    this.follow();
    this.publish();
  }

  /** Cancels the open step, or else undoes the last one. */
  undo(): void {
    if (this.stroke) {
      this.cancel();
      return;
    }
    const step = this.history.back();
    if (step) this.travel(step.pixels, step.scribbles, step.before, 'before');
  }

  redo(): void {
    this.cancel();
    const step = this.history.forward();
    if (step) this.travel(step.pixels, step.scribbles, step.after, 'after');
  }

  /** Undoes or redoes until `position` steps are done, counted as in `history.names`. */
  travelTo(position: number): void {
    while (this.history.position > Math.max(0, position)) this.undo();
    while (this.history.position < Math.min(this.history.names.length, position)) this.redo();
  }

  /** Adds a lesion without pixels to the open step and selects it. @throws EditorError if full */
  addLesion(name?: string): number {
    const label = freeLabel(this.facts.lesions);
    this.note({ lesions: withLesion(this.facts.lesions, label, name), selected: label });
    return label;
  }

  private travel(
    pixels: readonly LayerDelta[],
    scribbles: Delta | null,
    facts: Facts,
    side: 'before' | 'after',
  ): void {
    this.facts = facts;
    this.layers.apply(pixels, side);
    this.follow();
    if (scribbles) this.scribbleMap.apply(scribbles, side, () => {});
    for (const { delta } of pixels) this.repaint(delta.box);
    if (scribbles) this.repaint(scribbles.box);
    this.publish({
      revision: this.state.get().revision + Number(pixels.length > 0),
      notice: null,
      ...(scribbles ? { scribbled: this.scribbles.drawn } : {}),
    });
  }

  /** The layer of a lesion's pixels, or of its class if it has none; null means no lesion. */
  private layerOf(label: number | null): PixelLayer {
    if (label === null) return this.layers.common;
    const held = this.layers.holding(label);
    if (held) return held;
    const classId = this.facts.lesions.find((one) => one.label === label)?.classId ?? null;
    const overlaps = this.state?.get().classes.find(({ id }) => id === classId)?.overlaps;
    return overlaps ? this.layers.of(classId) : this.layers.common;
  }

  /** Makes tools and commands act on the layer of the selected lesion. */
  private follow(): void {
    this.active = this.layerOf(this.facts.selected);
  }

  private repaint(box: Box): void {
    for (const listener of [...this.listeners]) listener(box);
  }

  private publish(more: Partial<EditorState> = {}): void {
    const before = this.state.get();
    this.state.set({
      ...stateOf(this.facts, this.history),
      lesions: sameOr(
        before.lesions,
        shownLesions(this.facts.lesions, this.layers, this.hidden, this.doubts),
      ),
      measurements: this.measured.of(this.facts.measurements),
      stroking: this.stroke !== null,
      ...more,
    });
  }
}
