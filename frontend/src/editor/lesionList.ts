import { t } from '@lingui/core/macro';
import type { Box } from './box';
import type { LesionFacts } from './history';
import { MAX_LABEL } from './labelMap';
import type { PixelLayers } from './pixelLayers';
import { defaultName, EditorError, type EditorSetup } from './setup';
import type { Doubt, EditorLesion } from './state';

/** The lesions that an editor begins with, in the order of their numbers. */
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

/** The lowest number that no lesion has. @throws EditorError when all are taken */
export function freeLabel(lesions: readonly LesionFacts[]): number {
  const used = new Set(lesions.map(({ label }) => label));
  let label = 1;
  while (used.has(label)) label += 1;
  if (label > MAX_LABEL) {
    throw new EditorError(t`There are ${MAX_LABEL} lesions already; merge or delete some first.`);
  }
  return label;
}

/** With a lesion that has no pixels yet. */
export function withLesion(
  lesions: readonly LesionFacts[],
  label: number,
  name: string | undefined,
): LesionFacts[] {
  const made = { label, name: name ?? defaultName(label), classId: null, values: {} };
  return [...lesions, made].sort((a, b) => a.label - b.label);
}

/** Lesions as pages show them: with their pixels, and what the model calls more likely none. */
export function shownLesions(
  lesions: readonly LesionFacts[],
  layers: PixelLayers,
  hidden: ReadonlySet<number>,
  doubts: readonly Doubt[],
): EditorLesion[] {
  return lesions.map((facts) => {
    const { label, kept } = facts;
    const [area, box] = [layers.area(label), layers.box(label)];
    // A person has looked at every outline that differs from the model's.
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

/** The former list when nothing in it changed, so that pages do not render again. */
export function sameOr(
  before: readonly EditorLesion[],
  now: EditorLesion[],
): readonly EditorLesion[] {
  return JSON.stringify(before) === JSON.stringify(now) ? before : now;
}
