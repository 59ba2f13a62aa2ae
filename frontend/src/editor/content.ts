import type { Editor } from './editor';
import type { LabelMap } from './labelMap';
import { decodeRuns, encodeRuns } from './runs';
import { defaultName } from './setup';
import type { EditorLesion } from './state';

/** Attributes by id: the value of a choice, a number or a text. */
export type Values = Readonly<Record<string, string | number>>;

type ByLabel<T> = Readonly<Record<number, T>>;

/** What a drawing says beside the pixels of its common layer; what it does not say is left out. */
export interface Said {
  /** Names by label; a lesion without one is called "Lesion 3". */
  names?: ByLabel<string> | undefined;
  /** Ids of classes by label. */
  classIds?: ByLabel<string> | undefined;
  /** Attributes of lesions by label. */
  values?: ByLabel<Values> | undefined;
  /** Attributes of the image. */
  imageValues?: Values | undefined;
  /** Maps of lesions that may share pixels with others, by the id of their class. */
  overlays?: ReadonlyMap<string, LabelMap> | undefined;
}

/** A whole drawing of a frame. */
export interface Content extends Said {
  map: LabelMap;
}

/** A drawing on the wire, see `Labels` of the HTTP contract. */
export interface WireLabels {
  width: number;
  height: number;
  runs: number[];
  names: Record<string, string>;
  overlays?: { class_id: string; runs: number[] }[] | undefined;
  classes?: Record<string, string> | undefined;
  attributes?: Record<string, Record<string, string | number>> | undefined;
  image_attributes?: Record<string, string | number> | undefined;
}

/** @throws RunsError when the runs are none of a map of that size */
export function contentOf(labels: WireLabels): Content {
  const { width, height, runs, names, classes, attributes, image_attributes } = labels;
  const layers = (labels.overlays ?? []).map(
    (layer) => [layer.class_id, decodeRuns(layer.runs, width, height)] as const,
  );
  return {
    map: decodeRuns(runs, width, height),
    overlays: new Map(layers),
    names,
    classIds: classes,
    values: attributes,
    imageValues: image_attributes,
  };
}

/** The drawing with every stroke so far; what it does not say is left out. */
export function labelsOf(editor: Editor): WireLabels {
  const [common, ...others] = editor.maps;
  const { lesions, imageValues } = editor.state.get();
  const drawn = lesions.filter(({ area }) => area > 0);
  const overlays = others.map(({ classId, map }) => ({
    class_id: classId ?? '',
    runs: encodeRuns(map),
  }));
  const more = {
    classes: byLabel(drawn, ({ classId }) => classId),
    attributes: byLabel(drawn, ({ values }) => (isNone(values) ? null : { ...values })),
    image_attributes: { ...imageValues },
  };
  const { width, height } = editor.map;
  return {
    width,
    height,
    runs: encodeRuns(common?.map ?? editor.map),
    names: byLabel(drawn, ({ label, name }) => (name === defaultName(label) ? null : name)),
    ...(overlays.length > 0 ? { overlays } : {}),
    ...Object.fromEntries(Object.entries(more).filter(([, said]) => !isNone(said))),
  };
}

function byLabel<T>(lesions: readonly EditorLesion[], of: (lesion: EditorLesion) => T | null) {
  const said: Record<string, T> = {};
  for (const lesion of lesions) {
    const value = of(lesion);
    if (value !== null) said[lesion.label] = value;
  }
  return said;
}

const isNone = (said: object): boolean => Object.keys(said).length === 0;
