import { t } from '@lingui/core/macro';
import type { Editor } from './editor';
import type { Measurement } from './state';
import { step } from './step';

export const MEASUREMENT_NAMES: Readonly<Record<Measurement['kind'], string>> = {
  ruler: t`Ruler`,
  calipers: t`Calipers`,
  ellipse: t`Ellipse`,
  angle: t`Angle`,
  depth: t`Depth`,
  volume: t`Volume`,
};

/** Adds a finished measurement. */
export function addMeasurement(editor: Editor, made: Omit<Measurement, 'id'>): boolean {
  const { measurements } = editor.state.get();
  const id = measurements.reduce((most, one) => Math.max(most, one.id), 0) + 1;
  return step(editor, MEASUREMENT_NAMES[made.kind], () =>
    editor.note({ measurements: [...measurements, { ...made, id }] }),
  );
}

export function removeMeasurement(editor: Editor, id: number): boolean {
  const { measurements } = editor.state.get();
  if (!measurements.some((one) => one.id === id)) return false;
  return step(editor, t`Remove measurement`, () =>
    editor.note({ measurements: measurements.filter((one) => one.id !== id) }),
  );
}

export function clearMeasurements(editor: Editor): boolean {
  if (editor.state.get().measurements.length === 0) return false;
  return step(editor, t`Remove measurements`, () => editor.note({ measurements: [] }));
}

/** Sets the note for the next viewer of the drawing. */
export function setNote(editor: Editor, note: string): boolean {
  return step(editor, t`Note`, () => {
    if (note !== editor.state.get().note) editor.note({ note });
  });
}
