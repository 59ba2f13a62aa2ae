import type { Assessment, DraftDetails, Labels } from '../wire';

/** Everything that a person has drawn on an image; it must never be lost. */
export interface Drawing {
  labels: Labels;
  answer: Assessment | null;
  answerReason: string | null;
  /** Active editing since the parent revision, in seconds. */
  seconds: number;
  /** The revision from which it started; null if there was none. */
  parentRevision: number | null;
}

/** The source from which the keeper reads the current drawing. */
export interface DrawingSource {
  /** The drawing including every committed step. */
  read(): Drawing;
  /** False if the drawing equals its parent revision again. */
  readonly dirty: boolean;
  /** Calls the listener after every committed step, not for an unfinished stroke. */
  subscribe(listener: () => void): () => void;
}

const sameRuns = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index]);

const sameNames = (a: Record<string, string>, b: Record<string, string>): boolean => {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
};

/**
 * Whether pixels, lesion numbers, names, classes and attributes are equal. Runs are canonical, so
 * equal lists are equal maps.
 */
export function sameLabels(a: Labels, b: Labels): boolean {
  return (
    a.width === b.width &&
    a.height === b.height &&
    sameRuns(a.runs, b.runs) &&
    sameNames(a.names, b.names) &&
    saidAs(a) === saidAs(b)
  );
}

/** Whether there is no visible difference; time spent and parent are ignored. */
export function sameDrawing(
  a: Pick<Drawing, 'labels' | 'answer' | 'answerReason'>,
  b: Pick<Drawing, 'labels' | 'answer' | 'answerReason'>,
): boolean {
  return (
    a.answer === b.answer &&
    (a.answerReason ?? '') === (b.answerReason ?? '') &&
    sameLabels(a.labels, b.labels)
  );
}

export function drawingOf(draft: DraftDetails): Drawing {
  return {
    labels: draft.labels,
    answer: draft.answer,
    answerReason: draft.answer_reason,
    seconds: draft.seconds,
    parentRevision: draft.parent_revision,
  };
}

/** A map without any lesion. */
export function emptyLabels(width: number, height: number): Labels {
  return { width, height, runs: [0, width * height], names: {} };
}

/** Whether both describe their lesions and the image alike, whatever the outlines. */
export const sameSaid = (a: Labels, b: Labels): boolean => saidAs(a) === saidAs(b);

/** A string that is equal for equal data, ignoring the order of keys and empty entries. */
function saidAs(labels: Labels): string {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value).map(([key, one]) => [key, sorted(one)] as const);
    return entries.sort(([a], [b]) => (a < b ? -1 : 1));
  };
  const { overlays = [], classes = {}, attributes = {}, image_attributes = {} } = labels;
  const { measurements = [], note = '', kept = [] } = labels;
  const all = [overlays, classes, attributes, image_attributes, measurements, note, kept];
  return JSON.stringify(all.map(sorted));
}

export const isEmpty = (labels: Labels): boolean =>
  [labels.runs, ...(labels.overlays ?? []).map((layer) => layer.runs)].every((runs) =>
    runs.every((value, index) => index % 2 === 1 || value === 0),
  );
