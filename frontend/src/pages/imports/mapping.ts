import { t } from '@lingui/core/macro';
import type { LabelClass } from '../../api/types';
import { currentLanguage } from '../../language/language';

/** Id of a class, `leave-out` or `refuse` for each name found; empty if not chosen yet. */
export type Mapping = Readonly<Record<string, string>>;

type Found = readonly (readonly [string, { lesions: number; images: number }])[];

/** What becomes of the lesions, largest group first. */
export function outcomeOf(
  found: Found,
  mapping: Mapping,
  open: readonly Pick<LabelClass, 'id' | 'name'>[],
): string[] {
  const lesions = new Map<string, number>();
  for (const [name, count] of found) {
    const target = mapping[name];
    if (target) lesions.set(target, (lesions.get(target) ?? 0) + count.lesions);
  }
  const text = (target: string, count: number) => {
    const figure = count.toLocaleString(currentLanguage());
    if (target === 'leave-out') return t`${figure} left out`;
    if (target === 'refuse') return t`images with ${figure} lesions refused`;
    return `${figure} ${open.find(({ id }) => id === target)?.name ?? t`of an unknown class`}`;
  };
  return [...lesions].sort((a, b) => b[1] - a[1]).map(([target, count]) => text(target, count));
}

/** Only the choices made: a name of an existing class maps to that class by itself. */
export const chosen = (mapping: Mapping): Record<string, string> =>
  Object.fromEntries(Object.entries(mapping).filter(([, target]) => target !== ''));
