import { t } from '@lingui/core/macro';
import type { Box } from './box';
import type { LesionFacts } from './history';
import { MAX_LABEL } from './labelMap';
import type { PixelLayers } from './pixelLayers';
import { defaultName, EditorError, type EditorSetup } from './setup';
import type { Doubt, EditorLesion } from './state';

/** The initial lesions of an editor, in the order of their numbers. */
export function initialLesions(setup: EditorSetup, drawn: readonly number[]): LesionFacts[] {
  const { names = {}, classIds = {}, values = {}, kept = [] } = setup;
  const labels = new Set([...drawn, ...Object.keys(names).map(Number)]);
  return [...labels]
    .sort((a, b) => a - b)
    .map((label) => ({
      label,
      name: names[label] ?? defaultName(label),
      classId: classIds[label] ?? null,
      values: values[label] ?? {},
      ...(kept.includes(label) ? { kept: true as const } : {}),
    }));
}

/** The lowest number not in use. @throws EditorError if all are taken */
export function freeLabel(lesions: readonly LesionFacts[]): number {
  const used = new Set(lesions.map(({ label }) => label));
  let label = 1;
  while (used.has(label)) label += 1;
  if (label > MAX_LABEL) {
    throw new EditorError(t`There are ${MAX_LABEL} lesions already; merge or delete some first.`);
  }
  return label;
}

/** The list with an additional lesion that has no pixels yet. */
export function withLesion(
  lesions: readonly LesionFacts[],
  label: number,
  name: string | undefined,
): LesionFacts[] {
  const made = { label, name: name ?? defaultName(label), classId: null, values: {} };
  return [...lesions, made].sort((a, b) => a.label - b.label);
}

/** Lesions for pages: with their pixel figures, and the model's doubts about being a lesion. */
export function shownLesions(
  lesions: readonly LesionFacts[],
  layers: PixelLayers,
  hidden: ReadonlySet<number>,
  doubts: readonly Doubt[],
): EditorLesion[] {
  return lesions.map((facts) => {
    const { label, kept } = facts;
    const [area, box] = [layers.area(label), layers.box(label)];
    // An outline that differs from the model's has been seen by a person.
    const doubt = kept ? undefined : doubts.find((one) => isSame(one, area, box));
    return {
      ...facts,
      area,
      box,
      visible: !hidden.has(label),
      ...(doubt ? { doubt: doubt.probability } : {}),
    };
  });
}

function isSame(doubt: Doubt, area: number, box: Box | null): boolean {
  return (
    box !== null &&
    doubt.area === area &&
    doubt.box.left === box.left &&
    doubt.box.top === box.top &&
    doubt.box.width === box.width &&
    doubt.box.height === box.height
  );
}

/** The previous list if nothing in it changed, so that pages do not re-render. */
export function sameOr(
  before: readonly EditorLesion[],
  now: EditorLesion[],
): readonly EditorLesion[] {
  return JSON.stringify(before) === JSON.stringify(now) ? before : now;
}
