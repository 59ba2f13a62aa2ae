import type { EvaluationReport, GateCheck } from '../../api/types';

/** Rows of the gate by key. */
export const NAMES: Record<string, string> = {
  gain: 'Gain on the test part',
  loss: 'Loss on a reference set',
  'false-outlines': 'False outlines',
  calibration: 'Calibration',
  domain: 'Domain guard',
  presence: 'Presence of a lesion',
  subgroup: 'Subgroup',
  time: 'Time for an image',
  answers: 'Answers',
};

const three = (value: number | null | undefined): string =>
  value === null || value === undefined ? '' : value.toFixed(3);

const signed = (value: number): string => `${value > 0 ? '+' : ''}${value.toFixed(3)}`;

/** The figures of a row as they are shown. */
export function figuresOf(check: GateCheck) {
  const { value, low, high } = check;
  if (check.key === 'time') {
    const time = (ms: number | null | undefined) => (ms ? `${Math.round(ms)} ms` : '');
    return {
      before: time(check.before),
      after: time(check.after),
      difference: value ? `${value.toFixed(2)} ×` : '',
    };
  }
  const known = value !== null && value !== undefined && check.key !== 'answers';
  const interval =
    low === null || low === undefined || high === null || high === undefined
      ? ''
      : ` [${signed(low)}, ${signed(high)}]`;
  return {
    before: three(check.before),
    after: three(check.after),
    difference: known ? `${signed(value)}${interval}` : '',
  };
}

/** What a row is held against, in the words of its figure. */
export function limitOf(check: GateCheck): string {
  const { limit } = check;
  if (limit === null || limit === undefined) return '';
  switch (check.key) {
    case 'gain':
      return 'lower end above 0';
    case 'loss':
      return `lower end at least ${limit}`;
    case 'calibration':
      return `upper end at most ${limit}`;
    case 'time':
      return `at most ${limit} ×`;
    case 'subgroup':
      return `at least ${limit}`;
    default:
      return `at most ${limit}`;
  }
}

/** The verdict in one sentence. */
export function sentenceOf(data: EvaluationReport): string {
  const model = data.model.replace('@', ' ');
  const serving = data.serving.replace('@', ' ');
  if (data.state === 'queued') return `${model} waits for a worker to be held against ${serving}.`;
  if (data.state === 'running')
    return `${model} is held against ${serving}: ${Math.round(data.progress * 100)} % done.`;
  if (data.state === 'cancelled') return `The evaluation of ${model} was cancelled.`;
  if (!data.verdict) return `The evaluation of ${model} failed: ${data.problem?.detail ?? ''}`;
  const failed = data.verdict.checks.filter((one) => one.standing === 'fail').length;
  const unjudged = data.verdict.checks.filter((one) => one.standing === 'unjudged').length;
  switch (data.verdict.standing) {
    case 'pass':
      return `${model} is better than ${serving} and nowhere worse: it passes the gate.`;
    case 'reason':
      return `${model} is nowhere worse than ${serving}, and not shown to be better: it passes with a reason that needs it.`;
    case 'unjudged':
      return `Whether ${model} may take the place of ${serving} cannot be judged: ${unjudged} rows of the gate have too little to judge by.`;
    default:
      return `${model} does not pass the gate against ${serving}: it fails in ${failed} of ${data.verdict.checks.length} rows.`;
  }
}
