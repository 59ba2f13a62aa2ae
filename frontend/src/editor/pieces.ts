import { t } from '@lingui/core/macro';
import type { Editor } from './editor';
import { partsOf } from './parts';
import { EditorError } from './setup';
import { largestPart, separateParts } from './shapes';
import { drawn, step } from './step';

/** A lesion drawn in several parts. */
export interface Pieces {
  label: number;
  name: string;
  /** Number of connected parts. */
  parts: number;
}

/** The lesions with several parts, in the order of their labels. */
export function lesionsInPieces(editor: Editor): Pieces[] {
  return editor.state.get().lesions.flatMap(({ label, name, box }) => {
    const parts = box ? partsOf(editor.mapOf(label), label, box).length : 0;
    return parts > 1 ? [{ label, name, parts }] : [];
  });
}

/** Makes each part of a lesion a separate lesion of its class; the largest keeps the lesion. */
export function splitLesion(editor: Editor, label?: number): boolean {
  return step(editor, t`Split into lesions`, () => {
    const lesion = drawn(editor, label);
    const parts = separateParts(editor.mapOf(lesion.label), lesion.label, lesion.box);
    if (parts.length < 2) throw new EditorError(t`${lesion.name} is in one piece.`);
    const layer = editor.layerIdOf(lesion.label);
    const { classes } = editor.state.get();
    if (classes.find(({ id }) => id === lesion.classId)?.kind === 'region') {
      throw new EditorError(t`An image has one ${lesion.name}, so it cannot be split.`);
    }
    for (const part of parts.slice(1)) {
      const made = editor.addLesion();
      editor.note({
        lesions: editor.noted.lesions.map((one) =>
          one.label === made ? { ...one, classId: lesion.classId } : one,
        ),
      });
      const { box, inside } = part;
      const { width } = editor.map;
      const moved = (index: number, own: number) => {
        const x = (index % width) - box.left;
        const y = Math.floor(index / width) - box.top;
        return inside[y * box.width + x] === 1 ? made : own;
      };
      editor.rewrite(box, moved, layer);
    }
    editor.note({ selected: lesion.label });
  });
}

/** Removes all parts of a lesion except the largest. */
export function removeStrayAreas(editor: Editor, label?: number): boolean {
  return step(
    editor,
    t`Remove stray areas`,
    () => {
      const lesion = drawn(editor, label);
      const { box, inside } = largestPart(editor.mapOf(lesion.label), lesion.label, lesion.box);
      const others = Uint8Array.from(inside, (value) => 1 - value);
      editor.lay({ box, inside: others }, 0, { of: lesion.label });
    },
    t`There are no stray areas.`,
  );
}
