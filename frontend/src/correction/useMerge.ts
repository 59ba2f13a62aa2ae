import { plural, t } from '@lingui/core/macro';
import { useMemo, useState } from 'react';
import { type Content, LabelMap } from '../editor';
import { merged, type Region, regionsOf, type Sides, type Take } from './core/merge';
import { alignLesions, layersDiffer, mergedSaid } from './core/mergeSaid';
import type { Merged, MergeRequest } from './mergeRequest';
import type { Answer } from './wire';

export interface Merging {
  sides: Sides;
  regions: readonly Region[];
  takes: ReadonlyMap<number, Take>;
  /** Index into regions; null where the drawings agree everywhere. */
  selected: number | null;
  select: (index: number) => void;
  choose: (take: Take) => void;
  chooseAll: (take: Take) => void;
  regionAt: (x: number, y: number) => void;
  undecided: number;
  /** Lesions in layers of their own differ too. */
  layersDiffer: boolean;
  map: LabelMap;
  /** What `finish` gets; a sentence where there is no result yet. */
  result: Merged | string;
  /** One side as it is. */
  whole: (take: 'mine' | 'theirs') => Merged;
}

/** The decisions about two drawings, and what they make. */
export function useMerge(request: MergeRequest): Merging {
  const { mine, theirs, base } = request;
  const aligned = useMemo(() => alignLesions(mine, theirs), [mine, theirs]);
  const start = useMemo(() => base && alignLesions(mine, base), [mine, base]);
  const sides = useMemo(() => {
    const { width, height } = mine.map;
    const before = start?.map ?? new LabelMap(width, height);
    return { mine: mine.map, theirs: aligned.map, base: before };
  }, [mine, aligned, start]);
  const { found, numbers } = useMemo(() => regionsOf(sides), [sides]);
  const [takes, setTakes] = useState<ReadonlyMap<number, Take>>(
    () =>
      new Map(
        // Without a common beginning nobody can tell who changed what.
        found.flatMap(({ number, suggested }) => (suggested && base ? [[number, suggested]] : [])),
      ),
  );
  const [selected, setSelected] = useState<number | null>(() => {
    const open = found.findIndex(({ number }) => !takes.has(number));
    return found.length === 0 ? null : Math.max(0, open);
  });
  const map = useMemo(
    () => merged(sides, { found, numbers }, takes),
    [sides, found, numbers, takes],
  );
  const undecided = found.length - takes.size;
  const said = useMemo(() => mergedSaid(mine, aligned, start), [mine, aligned, start]);

  const choose = (take: Take) => {
    const region = selected === null ? undefined : found[selected];
    if (!region) return;
    const next = new Map(takes).set(region.number, take);
    setTakes(next);
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
    map,
    layersDiffer: layersDiffer(mine, aligned),
    result: resultOf(request, { map, ...said }, undecided),
    whole,
  };
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
  const answer: Answer = drawn ? 'lesions' : (without?.answer ?? 'no-lesion');
  const answerReason = drawn ? null : (without?.answerReason ?? null);
  return { take: 'merged', drawing, answer, answerReason };
}
