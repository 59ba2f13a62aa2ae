import type { Point } from '../viewer/geometry';
import type { Editor } from './editor';
import type { LabelMap } from './labelMap';
import type { Lengths } from './lengths';
import { lineAlong, lineBetween } from './measure';
import { decodeRuns, encodeRuns } from './runs';
import { defaultName } from './setup';
import type { EditorLesion, Measurement } from './state';

/** Attributes by id: the value of a choice, a number or a text. */
export type Values = Readonly<Record<string, string | number>>;

type ByLabel<T> = Readonly<Record<number, T>>;

/** The content of a drawing besides the pixels of its common layer; empty parts are left out. */
export interface Said {
  /** Names by label; a lesion without one is called "Lesion 3". */
  names?: ByLabel<string> | undefined;
  /** Ids of classes by label. */
  classIds?: ByLabel<string> | undefined;
  /** Attributes of lesions by label. */
  values?: ByLabel<Values> | undefined;
  /** Attributes of the image. */
  imageValues?: Values | undefined;
  /** Measurements made by hand. */
  measurements?: readonly Omit<Measurement, 'id'>[] | undefined;
  /** The author's note for the next viewer. */
  note?: string | undefined;
  /** Labels of kept lesions that the model considers more likely not lesions. */
  kept?: readonly number[] | undefined;
  /** Maps of lesions that may share pixels with others, by the id of their class. */
  overlays?: ReadonlyMap<string, LabelMap> | undefined;
}

/** A whole drawing of a frame. */
export interface Content extends Said {
  map: LabelMap;
}

/** A drawing as transferred, see `Labels` of the HTTP contract. */
export interface WireLabels {
  width: number;
  height: number;
  runs: number[];
  names: Record<string, string>;
  overlays?: { class_id: string; runs: number[] }[] | undefined;
  classes?: Record<string, string> | undefined;
  attributes?: Record<string, Record<string, string | number>> | undefined;
  image_attributes?: Record<string, string | number> | undefined;
  measurements?: WireMeasurement[] | undefined;
  note?: string | undefined;
  kept?: number[] | undefined;
}

interface WireMeasurement {
  kind: Measurement['kind'];
  /** Start and end of each line, in px of the frame. */
  lines: number[][][];
}

/** @throws RunsError if the runs do not match a map of that size */
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
    measurements: (labels.measurements ?? []).map(({ kind, lines }) => ({
      kind,
      lines: lines.map(([start, end]) => lineBetween(pointOf(start), pointOf(end), null)),
    })),
    note: labels.note ?? '',
    kept: labels.kept ?? [],
  };
}

const pointOf = ([x = 0, y = 0]: number[] = []): Point => ({ x, y });

/** Measured again with the currently known scales; the wire format has no lengths. */
export function measurementsOf(
  made: readonly Omit<Measurement, 'id'>[],
  lengths: Lengths,
): Measurement[] {
  return made.map(({ kind, lines }, index) => ({
    id: index + 1,
    kind,
    lines: lines.map(({ start, end }) => lineAlong(start, end, lengths)),
  }));
}

/** The drawing with every stroke so far; empty parts are left out. */
export function labelsOf(editor: Editor): WireLabels {
  const [common, ...others] = editor.maps;
  const { lesions, imageValues, measurements, note } = editor.state.get();
  const drawn = lesions.filter(({ area }) => area > 0);
  const overlays = others.map(({ classId, map }) => ({
    class_id: classId ?? '',
    runs: encodeRuns(map),
  }));
  const more = {
    classes: byLabel(drawn, ({ classId }) => classId),
    attributes: byLabel(drawn, ({ values }) => (isNone(values) ? null : { ...values })),
    image_attributes: { ...imageValues },
    measurements: measurements.map(({ kind, lines }) => ({
      kind,
      lines: lines.map(({ start, end }) => [onWire(start), onWire(end)]),
    })),
    note,
    kept: drawn.filter(({ kept }) => kept).map(({ label }) => label),
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

const onWire = ({ x, y }: Point): number[] => [x, y].map((one) => Math.round(one * 100) / 100);

function byLabel<T>(lesions: readonly EditorLesion[], of: (lesion: EditorLesion) => T | null) {
  const said: Record<string, T> = {};
  for (const lesion of lesions) {
    const value = of(lesion);
    if (value !== null) said[lesion.label] = value;
  }
  return said;
}

const isNone = (said: object | string): boolean => Object.keys(said).length === 0;
