import { type Content, LabelMap, type Said } from '../../editor';

/**
 * `other` with the lesion numbers of `reference`: two people number the same lesion differently.
 * Lesions are matched by overlap within their layer, largest first; one without a match keeps its
 * own number.
 * @param apart whether two lesions (of the reference, of the other) are not the same one
 */
export function alignLesions(
  reference: Content,
  other: Content,
  apart: (to: number, from: number) => boolean = () => false,
): Content {
  const becomes = new Map<number, number>();
  const given = new Set<number>();
  for (const { from, to } of overlapsOf(reference, other)) {
    if (becomes.has(from) || given.has(to) || apart(to, from)) continue;
    becomes.set(from, to);
    given.add(to);
  }
  const used = numbersIn(reference);
  for (const label of [...numbersIn(other)].sort((a, b) => a - b)) {
    if (becomes.has(label)) continue;
    let free = label;
    if (given.has(free) || used.has(free)) {
      free = 1;
      while (given.has(free) || used.has(free)) free += 1;
    }
    becomes.set(label, free);
    given.add(free);
  }
  const renumbered = ({ width, height, data }: LabelMap) =>
    new LabelMap(
      width,
      height,
      data.map((label) => becomes.get(label) ?? 0),
    );
  const moved = <T>(said: Readonly<Record<number, T>> = {}): Record<number, T> =>
    Object.fromEntries(
      Object.entries(said).map(([label, value]) => [becomes.get(Number(label)) ?? label, value]),
    );
  return {
    map: renumbered(other.map),
    overlays: new Map([...layersOf(other)].map(([id, map]) => [id, renumbered(map)])),
    names: moved(other.names),
    classIds: moved(other.classIds),
    values: moved(other.values),
    imageValues: other.imageValues,
    kept: other.kept?.map((label) => becomes.get(label) ?? label),
  };
}

/**
 * Whether two people gave a lesion different classes: merged, it would silently get one of them.
 * If one of them left the class unchanged, it is one lesion whose class the other changed.
 * @param base the common ancestor, with the lesion numbers of `mine`
 */
export const classedApart =
  (mine: Content, theirs: Content, base: Content | null) =>
  (one: number, other: number): boolean => {
    const [own, their, before] = [mine, theirs, base].map(
      (content, side) => content?.classIds?.[side === 1 ? other : one],
    );
    if (own === undefined || their === undefined || own === their) return false;
    return before !== own && before !== their;
  };

const layersOf = ({ overlays = new Map() }: Said): ReadonlyMap<string, LabelMap> => overlays;

function numbersIn(content: Content): Set<number> {
  const found = new Set(
    [content.map, ...layersOf(content).values()].flatMap((map) => [...new Set(map.data)]),
  );
  found.delete(0);
  return found;
}

/** Lesions of both drawings that share pixels in the same layer, largest overlap first. */
function overlapsOf(reference: Content, other: Content) {
  const overlaps = new Map<string, { from: number; to: number; pixels: number }>();
  const count = (theirs: LabelMap, mine: LabelMap | undefined) => {
    theirs.data.forEach((from, index) => {
      const to = mine?.data[index] ?? 0;
      if (from === 0 || to === 0) return;
      const key = `${from} ${to}`;
      const overlap = overlaps.get(key) ?? { from, to, pixels: 0 };
      overlap.pixels += 1;
      overlaps.set(key, overlap);
    });
  };
  count(other.map, reference.map);
  for (const [id, map] of layersOf(other)) count(map, layersOf(reference).get(id));
  return [...overlaps.values()].sort((a, b) => b.pixels - a.pixels);
}

/**
 * Names, classes, attributes and layers of two drawings and their common ancestor, with the same
 * lesion numbers: the value that one of them changed, else the common one; mine if both did.
 */
export function mergedSaid(mine: Content, theirs: Content, base: Content | null): Said {
  const record = <T>(of: (content: Content) => Readonly<Record<string, T>> | undefined) =>
    mergedRecord(of(mine) ?? {}, of(theirs) ?? {}, base && (of(base) ?? {}));
  const layers = (content: Content) => Object.fromEntries(layersOf(content));
  return {
    names: record((content) => content.names),
    classIds: record((content) => content.classIds),
    values: record((content) => content.values),
    imageValues: record((content) => content.imageValues),
    kept: [...new Set([...(mine.kept ?? []), ...(theirs.kept ?? [])])],
    overlays: new Map(Object.entries(record(layers))),
  };
}

function mergedRecord<T>(
  mine: Readonly<Record<string, T>>,
  theirs: Readonly<Record<string, T>>,
  base: Readonly<Record<string, T>> | null,
): Record<string, T> {
  const result: Record<string, T> = {};
  for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const own = mine[key];
    const unchanged = base ? equal(own, base[key]) : own === undefined;
    const kept = unchanged ? theirs[key] : own;
    if (kept !== undefined) result[key] = kept;
  }
  return result;
}

const equal = (a: unknown, b: unknown): boolean =>
  a instanceof LabelMap && b instanceof LabelMap
    ? a.equals(b)
    : JSON.stringify(a) === JSON.stringify(b);

/** Whether the drawings differ in a way that regions of the common layer do not show. */
export function layersDiffer(mine: Content, theirs: Content): boolean {
  const [a, b] = [layersOf(mine), layersOf(theirs)];
  return [...new Set([...a.keys(), ...b.keys()])].some((id) => !equal(a.get(id), b.get(id)));
}
