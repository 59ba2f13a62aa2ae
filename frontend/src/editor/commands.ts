import { t } from '@lingui/core/macro';
import { lesionAttributes } from './attributes';
import type { Box } from './box';
import type { EditorClass } from './classes';
import { type Content, measurementsOf, type Values } from './content';
import type { Coverage } from './coverage';
import type { Editor } from './editor';
import type { LesionFacts } from './history';
import type { LabelMap } from './labelMap';
import { checkSize, defaultName, EditorError } from './setup';
import { growth, holeAt, holes, islandAt, rim, smallIslands, smoothed } from './shapes';
import type { Assessment, EditorLesion } from './state';
import { drawn, lesionOf, step } from './step';

// The commands of the editor: each is one undoable step with a name, and leaves no step if it
// changes nothing. Commands on a shape apply to the selected lesion if none is named. A command
// that cannot be executed gives the reason in `state.notice` and returns false.

export { copyOutlines } from './copies';
export { addMeasurement, clearMeasurements, removeMeasurement, setNote } from './marks';
export { lesionsInPieces, type Pieces, removeStrayAreas, splitLesion } from './pieces';

/** Adds a lesion without pixels and selects it. */
export function newLesion(editor: Editor, name?: string): boolean {
  return step(editor, t`New lesion`, () => editor.addLesion(name));
}

/** Keeps an outline that the model calls more likely not a lesion. */
export function keepLesion(editor: Editor, label: number): boolean {
  return step(editor, t`Keep lesion`, () => noteLesion(editor, label, { kept: true }));
}

/** Removes a lesion with its pixels and its name. */
export function deleteLesion(editor: Editor, label?: number): boolean {
  return step(editor, t`Delete lesion`, () => {
    const lesion = lesionOf(editor, label);
    erase(editor, lesion);
    forget(editor, lesion.label);
  });
}

function erase(editor: Editor, { label, box }: EditorLesion): void {
  const layer = editor.layerIdOf(label);
  if (box) editor.rewrite(box, (_, own) => (own === label ? 0 : own), layer);
}

function forget(editor: Editor, label: number): void {
  const { lesions, selected } = editor.state.get();
  const rest = lesions.filter((one) => one.label !== label);
  editor.note({
    lesions: rest.map(factsOf),
    selected: selected === label ? (rest[0]?.label ?? null) : selected,
  });
}

export function renameLesion(editor: Editor, label: number, name: string): boolean {
  const wanted = name.trim() || defaultName(label);
  if (editor.state.get().lesions.some((one) => one.label === label && one.name === wanted)) {
    return false;
  }
  return step(editor, t`Rename lesion`, () => {
    const { lesions } = editor.state.get();
    editor.note({
      lesions: lesions.map((one) => ({
        ...factsOf(one),
        name: one.label === label ? wanted : one.name,
      })),
    });
  });
}

/**
 * Sets the class of a lesion; null removes it. A lesion whose class may share pixels
 * with others moves into the layer of that class, and back.
 */
export function setClass(editor: Editor, label: number, classId: string | null): boolean {
  const { lesions, classes } = editor.state.get();
  const lesion = lesions.find((one) => one.label === label);
  if (!lesion || lesion.classId === classId) return false;
  const chosen = classes.find(({ id }) => id === classId);
  const done = step(editor, t`Change class`, () => {
    const other = lesions.find((one) => one.label !== label && one.classId === classId);
    if (chosen?.kind === 'region' && other) {
      throw new EditorError(
        t`${other.name} is ${chosen.name} already, and an image can have only one such region; merge them.`,
      );
    }
    noteLesion(editor, label, { classId, values: kept(editor, lesion.values, chosen ?? null) });
    moveTo(editor, lesion, chosen?.overlaps ? chosen.id : null);
  });
  const left = editor.state.get().lesions.find((one) => one.label === label)?.area ?? 0;
  if (done && left < lesion.area) {
    editor.notice(t`${lesion.name} left ${lesion.area - left} px to the lesions that lie there.`);
  }
  return done;
}

/** The attributes that a lesion of a class may have; attributes unknown to the set are kept. */
function kept(editor: Editor, values: Values, chosen: EditorClass | null): Values {
  const { attributes } = editor.state.get();
  const asked = new Set(lesionAttributes(attributes, chosen).map(({ id }) => id));
  const known = new Set(attributes.map(({ id }) => id));
  return Object.fromEntries(
    Object.entries(values).filter(([id]) => asked.has(id) || !known.has(id)),
  );
}

/** Moves a lesion's pixels to another layer, where existing lesions keep their pixels. */
function moveTo(editor: Editor, lesion: EditorLesion, layer: string | null): void {
  const { label, name, box } = lesion;
  if (!box || editor.layerIdOf(label) === layer) return;
  const { inside } = pixelsOf(editor, label);
  erase(editor, lesion);
  let moved = 0;
  editor.rewrite(
    box,
    (index, own) => {
      if (own !== 0 || inside[index] !== 1) return own;
      moved += 1;
      return label;
    },
    layer,
  );
  if (moved === 0) throw new EditorError(t`Other lesions cover ${name}; move them apart first.`);
}

function pixelsOf(editor: Editor, label: number): Coverage {
  const { box, data } = editor.mapOf(label);
  return { box, inside: Uint8Array.from(data, (own) => Number(own === label)) };
}

/** Sets or removes (null) an attribute of a lesion, or of the image if the label is null. */
export function setValue(
  editor: Editor,
  label: number | null,
  attribute: string,
  value: string | number | null,
): boolean {
  const { lesions, imageValues } = editor.state.get();
  const before = label === null ? imageValues : lesions.find((one) => one.label === label)?.values;
  if (!before || (before[attribute] ?? null) === value) return false;
  const { [attribute]: _, ...others } = before;
  const after: Values = value === null ? others : { ...others, [attribute]: value };
  return step(editor, t`Change attribute`, () => {
    if (label === null) editor.note({ imageValues: after });
    else noteLesion(editor, label, { values: after });
  });
}

function noteLesion(editor: Editor, label: number, change: Partial<LesionFacts>): void {
  editor.note({
    lesions: editor.noted.lesions.map((one) => (one.label === label ? { ...one, ...change } : one)),
  });
}

/** Gives the pixels of one lesion to another and removes the first. */
export function mergeInto(editor: Editor, source: number, target: number): boolean {
  if (source === target) return false;
  return step(editor, t`Merge lesions`, () => {
    const from = lesionOf(editor, source);
    const into = lesionOf(editor, target);
    const layer = editor.layerIdOf(from.label);
    if (from.box && layer === editor.layerIdOf(into.label)) {
      editor.rewrite(from.box, (_, own) => (own === from.label ? into.label : own), layer);
    } else if (from.box) {
      const pixels = pixelsOf(editor, from.label);
      erase(editor, from);
      editor.lay(pixels, into.label);
    }
    forget(editor, from.label);
    editor.note({ selected: into.label });
    // A lesion without a class takes the class of the merged one, so that none is lost.
    if (into.classId === null && from.classId !== null) {
      noteLesion(editor, into.label, { classId: from.classId });
    }
  });
}

/** Fills all background that the lesion encloses. */
export function fillHoles(editor: Editor, label?: number): boolean {
  return step(
    editor,
    t`Fill holes`,
    () => {
      const lesion = drawn(editor, label);
      editor.lay(holes(editor.mapOf(lesion.label), lesion.label, lesion.box), lesion.label);
    },
    t`The outline has no holes.`,
  );
}

/** Fills the hole at a pixel with the lesion around it. */
export function fillHoleAt(editor: Editor, x: number, y: number): boolean {
  return step(editor, t`Fill hole`, () => {
    const hole = holeAt(editor.map, x, y);
    if (!hole) throw new EditorError(t`There is no hole here. Click inside one.`);
    editor.lay(hole.coverage, hole.label);
  });
}

/** Removes the part of a lesion at a pixel. */
export function removeIsland(editor: Editor, x: number, y: number): boolean {
  return step(editor, t`Remove stray area`, () => {
    const label = editor.lesionAt(x, y);
    if (label === null)
      throw new EditorError(t`There is no outline here. Click on the area to remove.`);
    const lesion = drawn(editor, label);
    editor.lay(islandAt(editor.mapOf(label), x, y, lesion.box), 0, { of: label });
  });
}

/** Removes the parts of the lesion with fewer than `px` pixels, but never its largest part. */
export function removeIslands(editor: Editor, px: number, label?: number): boolean {
  return step(
    editor,
    t`Remove stray areas`,
    () => {
      const lesion = drawn(editor, label);
      const islands = smallIslands(editor.mapOf(lesion.label), lesion.label, lesion.box, px);
      editor.lay(islands, 0, { of: lesion.label });
    },
    t`There are no stray areas smaller than ${px} px.`,
  );
}

/** Smooths the boundary; a lesion too small to survive that is not changed. */
export function smooth(editor: Editor, label?: number, sigma = 2): boolean {
  return step(
    editor,
    t`Smooth`,
    () => {
      const lesion = drawn(editor, label);
      const after = smoothed(editor.mapOf(lesion.label), lesion.label, lesion.box, sigma);
      if (!after.inside.includes(1)) {
        throw new EditorError(t`${lesion.name} is too small to smooth.`);
      }
      reshape(editor, lesion.label, after, lesion.box);
    },
    t`The outline is smooth already.`,
  );
}

/** Makes the lesion exactly these pixels, except those of other lesions. */
function reshape(editor: Editor, label: number, after: Coverage, box: Box | null): void {
  const { width } = after.box;
  if (box) {
    const rest = Uint8Array.from(after.inside, (value) => 1 - value);
    editor.lay({ box: after.box, inside: rest }, 0, { of: label });
    const { left, top, height } = after.box;
    editor.rewrite(
      box,
      (index, own) => {
        const x = index % editor.map.width;
        const y = (index - x) / editor.map.width;
        const outside = x < left || y < top || x >= left + width || y >= top + height;
        return outside && own === label ? 0 : own;
      },
      editor.layerIdOf(label),
    );
  }
  editor.lay(after, label);
}

/** Adds all background within `px` of the lesion. */
export function grow(editor: Editor, px = 1, label?: number): boolean {
  return step(
    editor,
    t`Grow`,
    () => {
      const lesion = drawn(editor, label);
      editor.lay(growth(editor.mapOf(lesion.label), lesion.label, lesion.box, px), lesion.label);
    },
    t`There is no room to grow: the image ends or other lesions are all around.`,
  );
}

/** Removes a rim of `px` from the lesion; refuses if nothing would remain. */
export function shrink(editor: Editor, px = 1, label?: number): boolean {
  return step(editor, t`Shrink`, () => {
    const lesion = drawn(editor, label);
    const off = rim(editor.mapOf(lesion.label), lesion.label, lesion.box, px);
    const removed = off.inside.reduce((sum, value) => sum + value, 0);
    if (removed >= lesion.area) throw new EditorError(t`${lesion.name} is too small to shrink.`);
    editor.lay(off, 0, { of: lesion.label });
  });
}

function empty(editor: Editor): void {
  for (const { classId } of editor.maps) editor.rewrite(editor.map.box, () => 0, classId);
}

/** Removes all lesions. */
export function clear(editor: Editor): boolean {
  return step(editor, t`Clear`, () => {
    empty(editor);
    editor.note({ lesions: [], selected: null });
  });
}

/** An answer other than `lesions` removes all outlines, in one step that undo reverts. */
export function setAnswer(editor: Editor, answer: Assessment): boolean {
  const names = { lesions: t`Lesions`, 'no-lesion': t`No lesion`, 'cannot-judge': t`Cannot judge` };
  return step(editor, names[answer], () => {
    if (answer !== 'lesions') {
      empty(editor);
      if (editor.state.get().lesions.length > 0) editor.note({ lesions: [], selected: null });
    }
    editor.note({ answer });
  });
}

/**
 * Replaces the current drawing by another one, as one step: for restoring a revision or using a
 * merged one. Lesions without a name keep their current name if their label persists.
 */
export function replace(editor: Editor, content: Content, name: string): boolean {
  const { map, overlays = new Map<string, LabelMap>() } = content;
  const { names = {}, classIds = {}, values = {}, imageValues = {}, kept = [] } = content;
  for (const one of [map, ...overlays.values()]) checkSize(editor.map, one);
  return step(editor, name, () => {
    const { lesions, selected, imageValues: before } = editor.state.get();
    empty(editor);
    editor.rewrite(map.box, (index) => map.data[index] as number, null);
    for (const [classId, layer] of overlays) {
      editor.rewrite(map.box, (index) => layer.data[index] as number, classId);
    }
    const labels = new Set([map, ...overlays.values()].flatMap(({ data }) => [...new Set(data)]));
    labels.delete(0);
    const drawn = [...labels].sort((a, b) => a - b);
    const said = drawn.map((label) => {
      const known = lesions.find((one) => one.label === label);
      return {
        label,
        name: names[label] ?? known?.name ?? defaultName(label),
        classId: classIds[label] ?? null,
        values: values[label] ?? {},
        ...(kept.includes(label) ? { kept: true as const } : {}),
      };
    });
    if (!same(said, lesions.map(factsOf))) editor.note({ lesions: said });
    if (!same(imageValues, before)) editor.note({ imageValues });
    replaceMarks(editor, content);
    if (!labels.has(selected ?? 0)) editor.note({ selected: drawn[0] ?? null });
  });
}

/** Rulers, calipers and note; if the content has none, the current ones stay. */
function replaceMarks(editor: Editor, content: Content): void {
  const { measurements, note } = editor.state.get();
  const made = content.measurements && measurementsOf(content.measurements, editor.lengths);
  if (made && !same(made, measurements)) editor.note({ measurements: made });
  if (content.note !== undefined && content.note !== note) editor.note({ note: content.note });
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const factsOf = ({ label, name, classId, values, kept }: EditorLesion): LesionFacts => ({
  label,
  name,
  classId,
  values,
  ...(kept ? { kept } : {}),
});

/**
 * Sets the pixels of one lesion to the non-zero pixels of `mask`, as one step: for the answers of
 * refine and box. Other lesions keep their pixels.
 * @param label null adds a lesion and selects it
 * @param options.clearScribbles empties the scribbles in the same step
 */
export function setLesionPixels(
  editor: Editor,
  label: number | null,
  mask: LabelMap,
  name: string,
  options: { clearScribbles?: boolean } = {},
): boolean {
  checkSize(editor.map, mask);
  return step(editor, name, () => {
    const lesion = label === null ? null : lesionOf(editor, label);
    const target = lesion?.label ?? editor.addLesion();
    const inside = Uint8Array.from(mask.data, (value) => Number(value !== 0));
    reshape(editor, target, { box: mask.box, inside }, lesion?.box ?? null);
    if (options.clearScribbles) emptyScribbles(editor);
  });
}

export function clearScribbles(editor: Editor): boolean {
  return step(editor, t`Clear scribbles`, () => emptyScribbles(editor));
}

function emptyScribbles(editor: Editor): void {
  const { box, data } = editor.scribbles;
  editor.layScribble({ box, inside: new Uint8Array(data.length).fill(1) }, 0);
}
