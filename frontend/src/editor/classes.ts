import { lesionColour } from '../viewer/lesions';
import type { LesionFacts } from './history';
import { MAX_LABEL } from './labelMap';

export type ClassKind = 'instance' | 'region';

/** One class of the label set, as far as drawing needs it. */
export interface EditorClass {
  id: string;
  name: string;
  /** #rrggbb */
  colour: string;
  /** A region occurs at most once in an image. */
  kind: ClassKind;
  /** Its lesions may share pixels with those of other classes. */
  overlaps: boolean;
  /** Stays on lesions that have it; new ones are not given it. */
  archived: boolean;
}

/** The class of every lesion whose drawing names none, in the set that projects begin with. */
export const LESION_CLASS_ID = '00000000-0000-7000-8000-000000000002';

/** A colour unlike those of classes and the greys of tissue. */
export const UNCLASSED_COLOUR = '#ffffff';

/** Classes that a lesion can be given, in the order of their keys. */
export const choices = (classes: readonly EditorClass[]): EditorClass[] =>
  classes.filter(({ archived }) => !archived);

/** The one class that every lesion has unless it says otherwise; one that overlaps must be said. */
const onlyOf = (classes: readonly EditorClass[]): EditorClass | null => {
  const [only, another] = choices(classes);
  return only && !another && !only.overlaps ? only : null;
};

/** If only one class is possible, nobody is asked for it and nothing shows it. */
export const isSingle = (classes: readonly EditorClass[]): boolean =>
  choices(classes).length === 0 || onlyOf(classes) !== null;

/**
 * The class of a lesion, said or meant; null while there is none, or where it is of another set.
 */
export function classOf(
  classes: readonly EditorClass[],
  classId: string | null,
): EditorClass | null {
  if (classId !== null) return classes.find(({ id }) => id === classId) ?? null;
  const lesion = classes.find(({ id }) => id === LESION_CLASS_ID);
  return lesion ?? onlyOf(classes);
}

/**
 * Colour by label: that of the class where lesions are of several, else one for each lesion.
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
