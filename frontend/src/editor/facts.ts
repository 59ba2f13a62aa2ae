import { measurementsOf } from './content';
import type { Facts, History } from './history';
import type { Lengths } from './lengths';
import { initialLesions } from './lesionList';
import type { EditorSetup } from './setup';
import type { Assessment, EditorState } from './state';

/** The initial facts of an editor; `drawn` are the numbers that have pixels. */
export function initialFacts(
  setup: EditorSetup,
  drawn: readonly number[],
  lengths: Lengths,
): Facts {
  const lesions = initialLesions(setup, drawn);
  return {
    lesions,
    imageValues: setup.imageValues ?? {},
    answer: setup.answer ?? 'lesions',
    measurements: measurementsOf(setup.measurements ?? [], lengths),
    note: setup.note ?? '',
    selected: lesions[0]?.label ?? null,
  };
}

/** The part of the state that is derived from facts and history alone. */
export function stateOf(facts: Facts, history: History): Partial<EditorState> {
  const { answer, note, selected, imageValues } = facts;
  const { undoName, redoName, dirty } = history;
  const can = { canUndo: undoName !== null, canRedo: redoName !== null };
  return { answer, note, selected, imageValues, undoName, redoName, dirty, ...can };
}

/** Which facts a step changed: those of lesions, image and answer, or the marks. */
export function changesOf(before: Facts, after: Facts): { facts: boolean; marks: boolean } {
  return {
    facts:
      before.lesions !== after.lesions ||
      before.imageValues !== after.imageValues ||
      before.answer !== after.answer,
    marks: before.measurements !== after.measurements || before.note !== after.note,
  };
}

/** The answer consistent with the pixels: "lesions" if there are any, and not "lesions" if none. */
export function answerTo(drawn: boolean, answer: Assessment): Assessment {
  if (drawn) return 'lesions';
  return answer === 'lesions' ? 'no-lesion' : answer;
}
