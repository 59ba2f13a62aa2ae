import type { Box } from './box';
import type { Coverage } from './coverage';
import type { Editor } from './editor';
import type { LesionFacts } from './history';
import type { LabelMap } from './labelMap';
import { checkSize, defaultName, EditorError } from './setup';
import { growth, holeAt, holes, islandAt, rim, smallIslands, smoothed } from './shapes';
import type { Answer, EditorLesion, Measurement } from './state';

// The commands of the editor: each is one undoable step with a name, and one that changes
// nothing leaves no step. Those on a shape take the selected lesion when none is named. A
// command that cannot be done says why in `state.notice` and returns false.

/** Runs `change` as one step; an `EditorError` takes it back and becomes the notice. */
export function step(editor: Editor, name: string, change: () => void): boolean {
  editor.begin(name);
  try {
    change();
  } catch (error) {
    editor.cancel();
    if (!(error instanceof EditorError)) throw error;
    editor.notice(error.message);
    return false;
  }
  return editor.commit();
}

function lesionOf(editor: Editor, label: number | null | undefined): EditorLesion {
  const { lesions, selected } = editor.state.get();
  const wanted = label ?? selected;
  const lesion = lesions.find((one) => one.label === wanted);
  if (!lesion) throw new EditorError('Select a lesion first.');
  return lesion;
}

function drawn(editor: Editor, label: number | null | undefined): EditorLesion & { box: Box } {
  const lesion = lesionOf(editor, label);
  if (!lesion.box) throw new EditorError(`${lesion.name} has no pixels yet; draw it first.`);
  return { ...lesion, box: lesion.box };
}

/** Adds a lesion without pixels and selects it. */
export function newLesion(editor: Editor, name?: string): boolean {
  return step(editor, 'New lesion', () => editor.addLesion(name));
}

/** Removes a lesion with its pixels and its name. */
export function deleteLesion(editor: Editor, label?: number): boolean {
  return step(editor, 'Delete lesion', () => {
    const lesion = lesionOf(editor, label);
    if (lesion.box) editor.rewrite(lesion.box, (_, own) => (own === lesion.label ? 0 : own));
    forget(editor, lesion.label);
  });
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
  return step(editor, 'Rename lesion', () => {
    const { lesions } = editor.state.get();
    editor.note({
      lesions: lesions.map((one) => ({
        ...factsOf(one),
        name: one.label === label ? wanted : one.name,
      })),
    });
  });
}

/** Says of what class a lesion is; null takes the class away. */
export function setClass(editor: Editor, label: number, classId: string | null): boolean {
  const { lesions, classes } = editor.state.get();
  const lesion = lesions.find((one) => one.label === label);
  if (!lesion || lesion.classId === classId) return false;
  const chosen = classes.find(({ id }) => id === classId);
  return step(editor, 'Change class', () => {
    if (chosen?.kind === 'region') {
      const other = lesions.find((one) => one.label !== label && one.classId === classId);
      if (other) {
        throw new EditorError(
          `${other.name} is ${chosen.name} already, and an image has one such region; merge them.`,
        );
      }
    }
    noteClass(editor, label, classId);
  });
}

function noteClass(editor: Editor, label: number, classId: string | null): void {
  const { lesions } = editor.noted;
  editor.note({
    lesions: lesions.map((one) => (one.label === label ? { ...one, classId } : one)),
  });
}

/** Gives the pixels of one lesion to another and forgets the one. */
export function mergeInto(editor: Editor, source: number, target: number): boolean {
  if (source === target) return false;
  return step(editor, 'Merge lesions', () => {
    const from = lesionOf(editor, source);
    const into = lesionOf(editor, target);
    if (from.box) {
      editor.rewrite(from.box, (_, own) => (own === from.label ? into.label : own));
    }
    forget(editor, from.label);
    editor.note({ selected: into.label });
    // A lesion without a class takes that of what is merged into it, so that none is lost.
    if (into.classId === null && from.classId !== null) {
      noteClass(editor, into.label, from.classId);
    }
  });
}

/** Fills all background that the lesion encloses. */
export function fillHoles(editor: Editor, label?: number): boolean {
  return step(editor, 'Fill holes', () => {
    const lesion = drawn(editor, label);
    editor.lay(holes(editor.map, lesion.label, lesion.box), lesion.label);
  });
}

/** Fills the hole at a pixel with the lesion around it. */
export function fillHoleAt(editor: Editor, x: number, y: number): boolean {
  return step(editor, 'Fill hole', () => {
    const hole = holeAt(editor.map, x, y);
    if (!hole) throw new EditorError('There is no hole here. Click inside one.');
    editor.lay(hole.coverage, hole.label);
  });
}

/** Removes the part of a lesion at a pixel. */
export function removeIsland(editor: Editor, x: number, y: number): boolean {
  return step(editor, 'Remove stray area', () => {
    const label = editor.map.at(x, y);
    if (label === 0)
      throw new EditorError('There is no outline here. Click on the area to remove.');
    const lesion = drawn(editor, label);
    editor.lay(islandAt(editor.map, x, y, lesion.box), 0, { of: label });
  });
}

/** Removes the parts of the lesion with fewer than `px` pixels, but never its largest part. */
export function removeIslands(editor: Editor, px: number, label?: number): boolean {
  return step(editor, 'Remove stray areas', () => {
    const lesion = drawn(editor, label);
    const islands = smallIslands(editor.map, lesion.label, lesion.box, px);
    editor.lay(islands, 0, { of: lesion.label });
  });
}

/** Smooths the boundary; a lesion too small to survive it stays as it is. */
export function smooth(editor: Editor, label?: number, sigma = 2): boolean {
  return step(editor, 'Smooth', () => {
    const lesion = drawn(editor, label);
    const after = smoothed(editor.map, lesion.label, lesion.box, sigma);
    if (!after.inside.includes(1)) {
      throw new EditorError(`${lesion.name} is too small to smooth.`);
    }
    reshape(editor, lesion.label, after, lesion.box);
  });
}

/** Makes the lesion exactly these pixels, as far as no other lesion has them. */
function reshape(editor: Editor, label: number, after: Coverage, box: Box | null): void {
  const { width } = after.box;
  if (box) {
    const rest = Uint8Array.from(after.inside, (value) => 1 - value);
    editor.lay({ box: after.box, inside: rest }, 0, { of: label });
    const { left, top, height } = after.box;
    editor.rewrite(box, (index, own) => {
      const x = index % editor.map.width;
      const y = (index - x) / editor.map.width;
      const outside = x < left || y < top || x >= left + width || y >= top + height;
      return outside && own === label ? 0 : own;
    });
  }
  editor.lay(after, label);
}

/** Adds all background within `px` of the lesion. */
export function grow(editor: Editor, px = 1, label?: number): boolean {
  return step(editor, 'Grow', () => {
    const lesion = drawn(editor, label);
    editor.lay(growth(editor.map, lesion.label, lesion.box, px), lesion.label);
  });
}

/** Takes a rim of `px` off the lesion; refuses where nothing would remain. */
export function shrink(editor: Editor, px = 1, label?: number): boolean {
  return step(editor, 'Shrink', () => {
    const lesion = drawn(editor, label);
    const off = rim(editor.map, lesion.label, lesion.box, px);
    const removed = off.inside.reduce((sum, value) => sum + value, 0);
    if (removed >= lesion.area) throw new EditorError(`${lesion.name} is too small to shrink.`);
    editor.lay(off, 0, { of: lesion.label });
  });
}

/** Removes all lesions. */
export function clear(editor: Editor): boolean {
  return step(editor, 'Clear', () => {
    editor.rewrite(editor.map.box, () => 0);
    editor.note({ lesions: [], selected: null });
  });
}

/** An answer other than `lesions` leaves no outline behind, in one step that undo takes back. */
export function setAnswer(editor: Editor, answer: Answer): boolean {
  const names = { lesions: 'Lesions', 'no-lesion': 'No lesion', 'cannot-judge': 'Cannot judge' };
  return step(editor, names[answer], () => {
    if (answer !== 'lesions') {
      editor.rewrite(editor.map.box, () => 0);
      if (editor.state.get().lesions.length > 0) editor.note({ lesions: [], selected: null });
    }
    editor.note({ answer });
  });
}

/**
 * Puts another map in place of the present one, as one step: for restoring a revision or taking
 * a merged map. Lesions keep their names and classes where their labels go on; `names` and
 * `classIds` give others.
 */
export function replace(
  editor: Editor,
  map: LabelMap,
  name: string,
  names: Readonly<Record<number, string>> = {},
  classIds: Readonly<Record<number, string>> | null = null,
): boolean {
  checkSize(editor.map, map);
  return step(editor, name, () => {
    const { lesions, selected } = editor.state.get();
    editor.rewrite(map.box, (index) => map.data[index] as number);
    const labels = [...new Set(map.data)].filter((label) => label !== 0).sort((a, b) => a - b);
    const named = labels.map((label) => {
      const before = lesions.find((one) => one.label === label);
      const classId = classIds ? classIds[label] : before?.classId;
      const lesionName = names[label] ?? before?.name ?? defaultName(label);
      return { label, name: lesionName, classId: classId ?? null };
    });
    const same = JSON.stringify(named) === JSON.stringify(lesions.map(factsOf));
    if (!same) editor.note({ lesions: named });
    if (!labels.includes(selected ?? 0)) editor.note({ selected: labels[0] ?? null });
  });
}

const factsOf = ({ label, name, classId }: EditorLesion): LesionFacts => ({ label, name, classId });

/**
 * Makes one lesion the non-zero pixels of `mask`, as one step: for the answers of refine and box.
 * Other lesions keep their pixels.
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
  return step(editor, 'Clear scribbles', () => emptyScribbles(editor));
}

function emptyScribbles(editor: Editor): void {
  const { box, data } = editor.scribbles;
  editor.layScribble({ box, inside: new Uint8Array(data.length).fill(1) }, 0);
}

/** Adds a finished ruler or calipers. */
export function addMeasurement(editor: Editor, made: Omit<Measurement, 'id'>): boolean {
  const { measurements } = editor.state.get();
  const id = measurements.reduce((most, one) => Math.max(most, one.id), 0) + 1;
  return step(editor, made.kind === 'ruler' ? 'Ruler' : 'Calipers', () =>
    editor.note({ measurements: [...measurements, { ...made, id }] }),
  );
}

export function removeMeasurement(editor: Editor, id: number): boolean {
  const { measurements } = editor.state.get();
  if (!measurements.some((one) => one.id === id)) return false;
  return step(editor, 'Remove measurement', () =>
    editor.note({ measurements: measurements.filter((one) => one.id !== id) }),
  );
}

export function clearMeasurements(editor: Editor): boolean {
  if (editor.state.get().measurements.length === 0) return false;
  return step(editor, 'Remove measurements', () => editor.note({ measurements: [] }));
}
