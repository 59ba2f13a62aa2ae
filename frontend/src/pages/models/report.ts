import { plural, t } from '@lingui/core/macro';
import type { EvaluationReport, GateCheck } from '../../api/types';
import { counted, fixed, modelText, percentOf, plainNumber } from './figures';

/** Rows of the gate by key. */
export const NAMES: Record<string, string> = {
  gain: t`Gain on the test part`,
  loss: t`Loss on a reference set`,
  'false-outlines': t`False outlines`,
  calibration: t`Calibration`,
  domain: t`Recognition of unlike images`,
  presence: t`Presence of a lesion`,
  subgroup: t`Subgroup`,
  time: t`Time per image`,
  answers: t`Answers`,
};

const three = (value: number | null | undefined): string =>
  value === null || value === undefined ? '' : fixed(value, 3);

const signed = (value: number): string => fixed(value, 3, true);

/** An interval as the language separates numbers; a comma may stand in them. */
function intervalOf(low: number | null | undefined, high: number | null | undefined): string {
  if (low === null || low === undefined || high === null || high === undefined) return '';
  const lower = signed(low);
  const upper = signed(high);
  return t`[${lower}, ${upper}]`;
}

/** The figures of a row as they are shown. */
export function figuresOf(check: GateCheck) {
  const { value, low, high } = check;
  if (check.key === 'time') {
    const time = (ms: number | null | undefined) => (ms ? `${counted(Math.round(ms))} ms` : '');
    return {
      before: time(check.before),
      after: time(check.after),
      difference: value ? `${fixed(value, 2)} ×` : '',
    };
  }
  const known = value !== null && value !== undefined && check.key !== 'answers';
  return {
    before: three(check.before),
    after: three(check.after),
    difference: known ? `${signed(value)} ${intervalOf(low, high)}`.trim() : '',
  };
}

/** The limit of a row, in the words of its figure. */
export function limitOf(check: GateCheck): string {
  if (check.limit === null || check.limit === undefined) return '';
  const limit = plainNumber(check.limit);
  switch (check.key) {
    case 'gain':
      return t`lower end above 0`;
    case 'loss':
      return t`lower end at least ${limit}`;
    case 'calibration':
      return t`upper end at most ${limit}`;
    case 'time':
      return t`at most ${limit} ×`;
    case 'subgroup':
      return t`at least ${limit}`;
    default:
      return t`at most ${limit}`;
  }
}

/** The verdict in one sentence. */
export function sentenceOf(data: EvaluationReport): string {
  const model = modelText(data.model);
  const serving = modelText(data.serving);
  if (data.state === 'queued')
    return t`${model} is waiting for a worker that compares it with ${serving}.`;
  if (data.state === 'running') {
    const done = percentOf(data.progress);
    return t`${model} is being compared with ${serving}: ${done} done.`;
  }
  if (data.state === 'cancelled') return t`The evaluation of ${model} was cancelled.`;
  if (!data.verdict) {
    const problem = data.problem?.detail ?? '';
    return t`The evaluation of ${model} failed: ${problem}`;
  }
  const { checks } = data.verdict;
  const failed = counted(checks.filter((one) => one.standing === 'fail').length);
  const unjudged = checks.filter((one) => one.standing === 'unjudged').length;
  const total = checks.length;
  switch (data.verdict.standing) {
    case 'pass':
      return t`${model} is better than ${serving} and nowhere worse: it passes the gate.`;
    case 'reason':
      return t`${model} is nowhere worse than ${serving} but was not shown to be better: it passes the gate if a reason is given.`;
    case 'unjudged':
      return t`Whether ${model} may replace ${serving} cannot be judged: ${plural(unjudged, {
        one: '# check of the gate has too little data.',
        other: '# checks of the gate have too little data.',
      })}`;
    default:
      return t`${model} does not pass the gate against ${serving}: it fails ${failed} of ${plural(
        total,
        { one: '# check.', other: '# checks.' },
      )}`;
  }
}
