import { t } from '@lingui/core/macro';
import type { LabelSet, NewLabelSet } from '../../api/types';
import { bodyOf, type Draft, draftOf, newClass } from './draft';

/**
 * What a new set starts from: one class, a ready set by its key, or a copy of a set of the site.
 */
export type Beginning = '' | `ready:${string}` | `set:${string}`;

const READY: Record<string, string> = {
  'bi-rads-us': t`BI-RADS ultrasound`,
  'o-rads-us': t`O-RADS ultrasound`,
  'ovarian-tumours': t`Ovarian tumours`,
};

/** A ready set's name in the language of the page. */
export const readyName = ({ key, name }: { key: string; name: string }): string =>
  READY[key] ?? name;

/** Classes and attributes of a set under new ids, without archived ones. */
export function copyOf(set: LabelSet): Draft {
  const draft = draftOf(set);
  const open = draft.classes.filter(({ archived }) => !archived);
  const ids = new Map(open.map(({ id }) => [id, crypto.randomUUID() as string]));
  const known = (id: string) => ids.get(id) ?? [];
  return {
    name: set.name,
    classes: open.map((one) => ({
      ...one,
      id: ids.get(one.id) ?? one.id,
      parent_id: (one.parent_id && ids.get(one.parent_id)) || null,
      used: false,
      fresh: true,
    })),
    attributes: draft.attributes
      .filter(({ archived, class_ids }) => !archived && isAsked(class_ids, ids))
      .map((one) => ({
        ...one,
        id: crypto.randomUUID(),
        class_ids: one.class_ids.flatMap(known),
        used: false,
        fresh: true,
      })),
  };
}

/** An attribute without classes applies to all; one with only archived classes, to none. */
const isAsked = (classIds: readonly string[], open: ReadonlyMap<string, string>) =>
  classIds.length === 0 || classIds.some((id) => open.has(id));

/** The request that creates a set with this name. */
export function newSet(name: string, from: Beginning, sets: readonly LabelSet[]): NewLabelSet {
  const [kind, key] = from.split(/:(.*)/s);
  if (kind === 'ready' && key) return { name, ready: key, classes: [], attributes: [] };
  const source = kind === 'set' ? sets.find(({ id }) => id === key) : undefined;
  const one = { ...newClass([]), name: 'lesion' };
  const draft = source ? copyOf(source) : { name, classes: [one], attributes: [] };
  const { classes, attributes } = bodyOf({ ...draft, name }, 1);
  return { name, ready: null, classes, attributes: attributes ?? [] };
}
