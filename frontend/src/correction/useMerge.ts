import { plural, t } from '@lingui/core/macro';
import { useCallback, useMemo, useState } from 'react';
import { type Content, classOf, type EditorClass, LabelMap } from '../editor';
import {
  merged,
  type Overlap,
  overlapKey,
  overlapsOf,
  type Region,
  type Regions,
  regionsOf,
  type Sides,
  type Take,
} from './core/merge';
import { alignLesions, classedApart, layersDiffer, mergedSaid } from './core/mergeSaid';
import type { Merged, MergeRequest } from './mergeRequest';
import type { Assessment } from './wire';

export interface Merging {
  sides: Sides;
  regions: readonly Region[];
  takes: ReadonlyMap<number, Take>;
  /** Index into regions; null if the drawings agree everywhere. */
  selected: number | null;
  select: (index: number) => void;
  choose: (take: Take) => void;
  chooseAll: (take: Take) => void;
  regionAt: (x: number, y: number) => void;
  undecided: number;
  /** Pixels of combined areas that belong to two classes which may not overlap. */
  overlaps: readonly SharedPixels[];
  /** Key of the overlap that a pixel would belong to. */
  overlapAt: (index: number) => string;
  /** Lets one side's lesion keep the pixels of an overlap. */
  keep: (overlap: SharedPixels, side: KeptBy) => void;
  /** Lesions in separate layers differ too. */
  layersDiffer: boolean;
  map: LabelMap;
  /** The argument of `finish`; a sentence if there is no result yet. */
  result: Merged | string;
  /** One side unchanged. */
  whole: (take: 'mine' | 'theirs') => Merged;
}

export type KeptBy = 'mine' | 'theirs';

/** An overlap with its two classes, and which one keeps the pixels; null until chosen. */
export interface SharedPixels extends Overlap {
  key: string;
  myClass: EditorClass;
  theirClass: EditorClass;
  keptBy: KeptBy | null;
}

/** The decisions about two drawings, and their result. */
export function useMerge(request: MergeRequest, known: readonly EditorClass[]): Merging {
  const { mine, theirs, base } = request;
  const start = useMemo(() => base && alignLesions(mine, base), [mine, base]);
  const aligned = useMemo(
    () => alignLesions(mine, theirs, classedApart(mine, theirs, start)),
    [mine, theirs, start],
  );
  const sides = useMemo(() => {
    const { width, height } = mine.map;
    const before = start?.map ?? new LabelMap(width, height);
    return { mine: mine.map, theirs: aligned.map, base: before };
  }, [mine, aligned, start]);
  const { found, numbers } = useMemo(() => regionsOf(sides), [sides]);
  const [takes, setTakes] = useState<ReadonlyMap<number, Take>>(
    () =>
      new Map(
        // Without a common ancestor it is unknown who changed what.
        found.flatMap(({ number, suggested }) => (suggested && base ? [[number, suggested]] : [])),
      ),
  );
  const [selected, setSelected] = useState<number | null>(() => {
    const open = found.findIndex(({ number }) => !takes.has(number));
    return found.length === 0 ? null : Math.max(0, open);
  });
  const said = useMemo(() => mergedSaid(mine, aligned, start), [mine, aligned, start]);
  const [kept, setKept] = useState<ReadonlyMap<string, KeptBy>>(new Map());
  const shared = useMemo(
    () => sharedPixels(sides, { found, numbers }, takes, said.classIds ?? {}, known),
    [sides, found, numbers, takes, said, known],
  );
  const overlaps = shared.map((one) => ({ ...one, keptBy: kept.get(one.key) ?? null }));
  const map = useMemo(() => {
    const toTheirs = [...kept].filter(([, side]) => side === 'theirs').map(([key]) => key);
    return merged(sides, { found, numbers }, takes, new Set(toTheirs));
  }, [sides, found, numbers, takes, kept]);
  const overlapAt = useCallback(
    (index: number) =>
      overlapKey(numbers[index] ?? 0, sides.mine.data[index] ?? 0, sides.theirs.data[index] ?? 0),
    [numbers, sides],
  );
  const undecided =
    found.length - takes.size + overlaps.filter(({ keptBy }) => keptBy === null).length;

  const choose = (take: Take) => {
    const region = selected === null ? undefined : found[selected];
    if (!region) return;
    const next = new Map(takes).set(region.number, take);
    setTakes(next);
    const made = sharedPixels(sides, { found, numbers }, next, said.classIds ?? {}, known);
    if (made.some((one) => one.region === region.number && !kept.has(one.key))) return;
    const open = found.findIndex(({ number }) => !next.has(number));
    if (open >= 0) setSelected(open);
  };
  const whole = (take: 'mine' | 'theirs'): Merged => {
    const side = take === 'mine' ? mine : theirs;
    return {
      take,
      drawing: side,
      answer: side.answer ?? 'lesions',
      answerReason: side.answerReason,
    };
  };

  return {
    sides,
    regions: found,
    takes,
    selected,
    select: (index) => setSelected(Math.max(0, Math.min(found.length - 1, index))),
    choose,
    chooseAll: (take) => setTakes(new Map(found.map(({ number }) => [number, take]))),
    regionAt: (x, y) => {
      const number = numbers[y * map.width + x] ?? 0;
      if (number > 0) setSelected(number - 1);
    },
    undecided,
    overlaps,
    overlapAt,
    keep: ({ key }, side) => setKept((before) => new Map(before).set(key, side)),
    map,
    layersDiffer: layersDiffer(mine, aligned),
    result: resultOf(request, { map, ...said }, undecided),
    whole,
  };
}

/** Overlaps of two classes that are both in the common layer, where a pixel has one lesion. */
function sharedPixels(
  sides: Sides,
  regions: Regions,
  takes: ReadonlyMap<number, Take>,
  classIds: Readonly<Record<number, string>>,
  known: readonly EditorClass[],
): Omit<SharedPixels, 'keptBy'>[] {
  const classFor = (label: number) => classOf(known, classIds[label] ?? null);
  const apart = (one: number, other: number) => classFor(one)?.id !== classFor(other)?.id;
  return overlapsOf(sides, regions, takes, apart).flatMap((one) => {
    const [myClass, theirClass] = [classFor(one.mine), classFor(one.theirs)];
    const key = overlapKey(one.region, one.mine, one.theirs);
    return myClass && theirClass ? [{ ...one, key, myClass, theirClass }] : [];
  });
}

function resultOf(
  { mine, theirs }: MergeRequest,
  drawing: Content,
  undecided: number,
): Merged | string {
  if (undecided > 0) {
    return plural(undecided, {
      one: 'One difference is still undecided.',
      other: '# differences are still undecided.',
    });
  }
  const layers = [drawing.map, ...(drawing.overlays?.values() ?? [])];
  const drawn = layers.some(({ data }) => data.some((label) => label !== 0));
  const without = [mine, theirs].find(({ answer }) => answer !== null && answer !== 'lesions');
  if (!drawn && !without) return t`No outline would be left; keep at least one area.`;
  const answer: Assessment = drawn ? 'lesions' : (without?.answer ?? 'no-lesion');
  const answerReason = drawn ? null : (without?.answerReason ?? null);
  return { take: 'merged', drawing, answer, answerReason };
}
