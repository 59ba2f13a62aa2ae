import { t } from '@lingui/core/macro';
import type { Split } from '../api/workflowTypes';
import { currentLanguage } from '../language/language';

export const SPLIT_TEXT: Record<Split, string> = {
  train: t`Training`,
  validation: t`Validation`,
  test: t`Test`,
};

const SOURCES: Record<string, string> = {
  human: t`Drawn or corrected by a person`,
  model: t`A model’s, unchanged`,
  consensus: t`Consensus of readers`,
};

export const sourceText = (source: string): string => SOURCES[source] ?? source;

const ANSWERS: Record<string, string> = {
  lesions: t`Lesions`,
  'no-lesion': t`No lesion`,
  'cannot-judge': t`Cannot judge`,
  prediction: t`A model’s outline, not yet corrected`,
};

export const answerText = (answer: string): string => ANSWERS[answer] ?? answer;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in powers of 1000, like file managers. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const decimals = unit === 0 || value >= 100 ? 0 : 1;
  const shown = value.toLocaleString(currentLanguage(), { maximumFractionDigits: decimals });
  return `${shown}\u00a0${UNITS[unit]}`; // never wrapped
}
