import { lesionColour } from '../viewer/lesions';
import type { LesionFacts } from './history';
import { MAX_LABEL } from './labelMap';

export type ClassKind = 'instance' | 'region';

/** One class of the label set, with the properties needed for drawing. */
export interface EditorClass {
  id: string;
  name: string;
  /** #rrggbb */
  colour: string;
  /** A region occurs at most once in an image. */
  kind: ClassKind;
  /** Its lesions may share pixels with those of other classes. */
  overlaps: boolean;
  /** Kept on lesions that have it, but not available for new ones. */
  archived: boolean;
}

/** The class of lesions whose drawing names none, in the default label set of projects. */
export const LESION_CLASS_ID = '00000000-0000-7000-8000-000000000002';

/** A colour different from those of classes and from the greys of tissue. */
export const UNCLASSED_COLOUR = '#ffffff';

/** The classes available for lesions, in the order of their keys. */
export const choices = (classes: readonly EditorClass[]): EditorClass[] =>
  classes.filter(({ archived }) => !archived);

/** The class of every lesion without another one; null if there are several or it may overlap. */
const onlyOf = (classes: readonly EditorClass[]): EditorClass | null => {
  const [only, another] = choices(classes);
  return only && !another && !only.overlaps ? only : null;
};

/** If only one class is possible, nobody is asked for it and it is not shown. */
export const isSingle = (classes: readonly EditorClass[]): boolean =>
  choices(classes).length === 0 || onlyOf(classes) !== null;

/** The class of a lesion, given or implied; null if there is none or it belongs to another set. */
export function classOf(
  classes: readonly EditorClass[],
  classId: string | null,
): EditorClass | null {
  if (classId !== null) return classes.find(({ id }) => id === classId) ?? null;
  const lesion = classes.find(({ id }) => id === LESION_CLASS_ID);
  return lesion ?? onlyOf(classes);
}

/**
 * Colours by label: that of the class if lesions have several classes, else one per lesion.
 * @returns MAX_LABEL + 1 colours; none for the background
 */
export function lesionColours(
  lesions: readonly LesionFacts[],
  classes: readonly EditorClass[],
): (string | undefined)[] {
  const colours = Array.from({ length: MAX_LABEL + 1 }, (_, label) =>
    label === 0 ? undefined : lesionColour(label),
  );
  if (isSingle(classes)) return colours;
  for (const { label, classId } of lesions) {
    colours[label] = classOf(classes, classId)?.colour ?? UNCLASSED_COLOUR;
  }
  return colours;
}
