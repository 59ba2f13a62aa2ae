import { t } from '@lingui/core/macro';
import { classOf, type EditorClass } from './classes';
import type { EditorState } from './state';

/** One attribute of the label set, with the properties needed for drawing. */
export interface EditorAttribute {
  id: string;
  name: string;
  subject: 'lesion' | 'image';
  kind: 'choice' | 'number' | 'text';
  /** A drawing cannot be submitted without it. */
  required: boolean;
  /** Classes of lesions that have it; all if empty. */
  class_ids: readonly string[];
  choices: readonly { value: string; meaning: string }[];
  unit?: string | null;
  minimum?: number | null;
  maximum?: number | null;
  archived: boolean;
}

/** A missing answer that blocks submitting a drawing. */
export interface Missing {
  /** Null for the image. */
  lesion: number | null;
  /** Null for the class of a lesion. */
  attribute: string | null;
  /** Name of the attribute; "class" for a class. */
  name: string;
}

export const imageAttributes = (attributes: readonly EditorAttribute[]): EditorAttribute[] =>
  attributes.filter(({ subject, archived }) => subject === 'image' && !archived);

/** The attributes of a lesion of a class; without a class, those of all classes. */
export const lesionAttributes = (
  attributes: readonly EditorAttribute[],
  known: EditorClass | null,
): EditorAttribute[] =>
  attributes.filter(
    ({ subject, archived, class_ids }) =>
      subject === 'lesion' &&
      !archived &&
      (class_ids.length === 0 || (known !== null && class_ids.includes(known.id))),
  );

/**
 * The reasons for which the server would refuse a drawing, in the order in which people fill them
 * in.
 */
export function missingIn(
  state: Pick<EditorState, 'lesions' | 'classes' | 'attributes' | 'imageValues' | 'answer'>,
): Missing[] {
  const { lesions, classes, attributes, imageValues, answer } = state;
  // Without a label set, the required answers are unknown.
  if (answer === 'cannot-judge' || classes.length === 0) return [];
  const found: Missing[] = [];
  for (const { label, area, classId, values } of answer === 'lesions' ? lesions : []) {
    if (area === 0) continue;
    const known = classOf(classes, classId);
    // The server knows a class of another set and lets it stay.
    if (!known && classId === null) {
      found.push({ lesion: label, attribute: null, name: 'class' });
      continue;
    }
    for (const { id, name, required } of lesionAttributes(attributes, known)) {
      if (required && isNone(values[id])) found.push({ lesion: label, attribute: id, name });
    }
  }
  for (const { id, name, required } of imageAttributes(attributes)) {
    if (required && isNone(imageValues[id])) found.push({ lesion: null, attribute: id, name });
  }
  return found;
}

const isNone = (value: string | number | undefined): boolean => value === undefined || value === '';

/** A typed number in stored form, or a sentence about the error. */
export function numberOf(text: string, { minimum, maximum }: EditorAttribute): number | string {
  const value = Number(text.trim().replace(',', '.'));
  if (!Number.isFinite(value) || text.trim() === '') return t`Type a number.`;
  if (minimum != null && value < minimum) return t`At least ${minimum}.`;
  if (maximum != null && value > maximum) return t`At most ${maximum}.`;
  return value;
}
