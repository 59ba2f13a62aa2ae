import { t } from '@lingui/core/macro';
import type { Content } from './content';
import type { Editor } from './editor';
import type { LabelMap } from './labelMap';
import { checkSize, EditorError } from './setup';
import { step } from './step';

/**
 * Adds the lesions of another drawing, e.g. of the previous frame, with their classes, as one step.
 * Existing outlines keep their pixels. Attributes are not copied: they have to be judged again.
 */
export function copyOutlines(editor: Editor, from: Content): boolean {
  return step(
    editor,
    t`Copy outlines`,
    () => {
      const { map, overlays = new Map<string, LabelMap>(), classIds = {} } = from;
      checkSize(editor.map, map);
      const before = editor.state.get();
      const known = new Set(before.classes.map(({ id }) => id));
      const waiting = before.lesions.find((one) => one.label === before.selected && !one.box);
      let copied = 0;
      for (const [layer, own] of [[null, map] as const, ...overlays]) {
        for (const label of labelsIn(own)) {
          const classId = classIds[label] ?? layer;
          // A lesion still to be drawn takes the first outline.
          const made = copied === 0 && waiting ? waiting.label : editor.addLesion();
          editor.note({
            lesions: editor.noted.lesions.map((one) =>
              one.label === made && one.classId === null && classId !== null && known.has(classId)
                ? { ...one, classId }
                : one,
            ),
          });
          const inside = Uint8Array.from(own.data, (value) => Number(value === label));
          editor.lay({ box: own.box, inside }, made);
          if (!editor.mapOf(made).data.includes(made)) {
            throw new EditorError(t`The existing outlines cover those to be copied.`);
          }
          copied += 1;
        }
      }
    },
    t`There is no outline to copy.`,
  );
}

function labelsIn({ data }: LabelMap): number[] {
  const found = new Set(data);
  found.delete(0);
  return [...found].sort((a, b) => a - b);
}
