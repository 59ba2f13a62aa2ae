import { t } from '@lingui/core/macro';
import type { LabelAttribute, LabelClass, LabelSet, LabelSetChange } from '../../api/types';

/** A set during editing. `fresh` rows are not stored yet. */
export interface Draft {
  name: string;
  classes: DraftClass[];
  attributes: DraftAttribute[];
}

export type DraftClass = LabelClass & { fresh: boolean };
export type DraftAttribute = LabelAttribute & { fresh: boolean };

/** Far apart on grey, with red-green blindness too, as far as twelve colours can be. */
export const COLOURS = [
  '#ffd54a',
  '#4fc3f7',
  '#ff8a65',
  '#81c784',
  '#ba68c8',
  '#f06292',
  '#4db6ac',
  '#a1887f',
  '#dce775',
  '#7986cb',
  '#e57373',
  '#90a4ae',
] as const;

export const draftOf = (set: LabelSet): Draft => ({
  name: set.name,
  classes: set.classes.map((one) => ({ ...one, fresh: false })),
  attributes: set.attributes.map((one) => ({ ...one, fresh: false })),
});

export function newClass(classes: readonly DraftClass[]): DraftClass {
  const used = new Set(classes.map(({ colour }) => colour));
  const colour = COLOURS.find((one) => !used.has(one)) ?? COLOURS[classes.length % COLOURS.length];
  return {
    id: crypto.randomUUID(),
    name: '',
    colour: colour ?? COLOURS[0],
    code: null,
    kind: 'instance',
    parent_id: null,
    overlaps: false,
    archived: false,
    used: false,
    fresh: true,
  };
}

export function newAttribute(): DraftAttribute {
  return {
    id: crypto.randomUUID(),
    name: '',
    subject: 'lesion',
    kind: 'choice',
    required: false,
    class_ids: [],
    choices: [
      { value: '', meaning: '' },
      { value: '', meaning: '' },
    ],
    unit: null,
    minimum: null,
    maximum: null,
    archived: false,
    used: false,
    fresh: true,
  };
}

/** The label set as sent to the server, with values for new choices. */
export function bodyOf(draft: Draft, version: number): LabelSetChange {
  return {
    version,
    name: draft.name.trim(),
    archived: false,
    classes: draft.classes.map(({ used: _, fresh: __, ...one }) => ({
      ...one,
      name: one.name.trim(),
    })),
    attributes: draft.attributes.map(({ used: _, fresh: __, ...one }) => ({
      ...one,
      name: one.name.trim(),
      class_ids: one.subject === 'lesion' ? one.class_ids : [],
      choices: one.kind === 'choice' ? withValues(one.choices) : [],
      unit: one.kind === 'number' ? one.unit?.trim() || null : null,
      minimum: one.kind === 'number' ? one.minimum : null,
      maximum: one.kind === 'number' ? one.maximum : null,
    })),
  };
}

type Choice = LabelAttribute['choices'][number];

/** The stored value of a choice is derived from its name, and stays when the name changes. */
function withValues(choices: readonly Choice[]): Choice[] {
  const taken = new Set(choices.map(({ value }) => value).filter(Boolean));
  return choices.map(({ value, meaning, term }) => {
    const shown = meaning.trim();
    if (value) return { value, meaning: shown, term };
    const slug =
      shown
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu)
        ?.join('-')
        .slice(0, 36) || 'value';
    let free = slug;
    for (let next = 2; taken.has(free); next += 1) free = `${slug}-${next}`;
    taken.add(free);
    return { value: free, meaning: shown };
  });
}

/** Why a draft cannot be saved, in one sentence; null if it can. */
export function obstacleIn({ name, classes, attributes }: Draft): string | null {
  if (!name.trim()) return t`The set needs a name.`;
  if (classes.every(({ archived }) => archived)) return t`A set needs a class that can be drawn.`;
  const twice = (names: string[]) => {
    const lower = names.map((one) => one.trim().toLocaleLowerCase());
    return names.find((_, at) => lower.indexOf(lower[at] ?? '') !== at)?.trim();
  };
  if (classes.some((one) => !one.name.trim())) return t`Every class needs a name.`;
  const sameClass = twice(classes.map((one) => one.name));
  if (sameClass) return t`Two classes are called “${sameClass}”.`;
  for (const one of attributes) {
    if (!one.name.trim()) return t`Every attribute needs a name.`;
    if (one.kind === 'choice' && one.choices.length === 0) {
      return t`“${one.name}” needs values to choose from.`;
    }
    if (one.kind === 'choice' && one.choices.some(({ meaning }) => !meaning.trim())) {
      return t`“${one.name}” has a value without a name.`;
    }
    if (one.minimum != null && one.maximum != null && one.minimum > one.maximum) {
      return t`“${one.name}”: the minimum is above the maximum.`;
    }
  }
  for (const subject of ['lesion', 'image'] as const) {
    const same = twice(attributes.filter((one) => one.subject === subject).map((one) => one.name));
    if (same) return t`Two attributes of the ${subject} are called “${same}”.`;
  }
  for (const one of classes) {
    if (one.code && !(one.code.scheme.trim() && one.code.value.trim() && one.code.meaning.trim())) {
      return t`The code of “${one.name}” needs scheme, value and meaning.`;
    }
  }
  return null;
}

/** The set without a class, which is also removed as a parent and from the attributes. */
export function withoutClass(draft: Draft, id: string): Draft {
  return {
    ...draft,
    classes: draft.classes
      .filter((one) => one.id !== id)
      .map((one) => (one.parent_id === id ? { ...one, parent_id: null } : one)),
    // Otherwise an attribute that only this class had would apply to all classes.
    attributes: draft.attributes
      .filter(({ class_ids, used }) => used || class_ids.length !== 1 || class_ids[0] !== id)
      .map((one) => ({ ...one, class_ids: one.class_ids.filter((own) => own !== id) })),
  };
}

/** Classes that can be the parent of another one without creating a cycle. */
export function parentsFor(classes: readonly DraftClass[], id: string): DraftClass[] {
  const under = new Set([id]);
  for (let before = 0; before !== under.size; ) {
    before = under.size;
    for (const one of classes) if (one.parent_id && under.has(one.parent_id)) under.add(one.id);
  }
  return classes.filter((one) => !under.has(one.id) && !one.archived);
}

/** The rows with one moved by one position; unchanged if it is at the end. */
export function moved<T extends { id: string }>(rows: readonly T[], id: string, by: 1 | -1): T[] {
  const at = rows.findIndex((one) => one.id === id);
  const to = at + by;
  if (at < 0 || to < 0 || to >= rows.length) return [...rows];
  const next = [...rows];
  next.splice(to, 0, ...next.splice(at, 1));
  return next;
}
