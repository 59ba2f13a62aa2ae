import { plural, t } from '@lingui/core/macro';
import { sentenceOf as problemSentence } from '../../api/problem';
import type { EvaluationReport, GateCheck } from '../../api/types';
import { sentences } from '../../language/sentences';
import { counted, fixed, modelText, percentOf, plainNumber } from './figures';

/** Labels of the gate's rows by key. */
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

/** An interval with the separators of the page's language, whose numbers may contain commas. */
function intervalOf(low: number | null | undefined, high: number | null | undefined): string {
  if (low === null || low === undefined || high === null || high === undefined) return '';
  const lower = signed(low);
  const upper = signed(high);
  return t`[${lower}, ${upper}]`;
}

/** The figures of a row as displayed. */
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

/** The limit of a row, worded for its figure. */
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

/** The finding of a row of the gate, in one sentence. */
export function checkText(check: GateCheck): string {
  const { key, standing, value, high, patients, group } = check;
  const judged = value !== null && value !== undefined;
  const passed = standing === 'pass';
  if (!judged && standing === 'unjudged') {
    if (key === 'time') return t`No image could be timed.`;
    if (key === 'loss' && !group) {
      return t`No reference set with lesions is named, so it is unknown what it lost elsewhere. A site admin names one: the pool of another project.`;
    }
    return t`Too few patients: ${counted(patients)}. This cannot be judged, and the gate stays closed.`;
  }
  switch (key) {
    case 'gain':
      if (passed) return t`It is better on this project’s test part.`;
      if (standing === 'reason')
        return t`A gain is not shown, and a loss beyond 0.01 is ruled out: a reason is needed.`;
      return high !== null && high !== undefined && high < 0
        ? t`It is worse on this project’s test part.`
        : t`A loss beyond 0.01 on the test part is not ruled out.`;
    case 'loss':
      return passed ? t`No loss beyond 0.01.` : t`A loss beyond 0.01 is not ruled out.`;
    case 'false-outlines': {
      const outlined = (share: number | null | undefined) =>
        counted(Math.round((share ?? 0) * check.images));
      const [after, before] = [outlined(check.after), outlined(check.before)];
      return t`Images without a lesion: ${counted(check.images)}; outlined: ${after}, before ${before}.`;
    }
    case 'calibration':
      if (!judged) return t`Its card has no calibration.`;
      return passed
        ? t`Its probabilities are as accurate as before.`
        : t`Its probabilities may be less accurate than before (Brier score of the pixels).`;
    case 'domain':
      if (!judged) {
        return passed
          ? t`The version in use cannot recognise unlike images, so nothing is lost.`
          : t`It can no longer recognise images that are unlike the training images.`;
      }
      return passed
        ? t`It flags no more of these images as unlike its training images.`
        : t`It flags more of these images as unlike its training images.`;
    case 'presence':
      return passed
        ? t`It judges whether there is a lesion as the version in use does.`
        : t`It can no longer judge whether there is a lesion at all.`;
    case 'subgroup':
      if (!judged) return t`No scanner, class or size has enough images to be judged separately.`;
      return passed ? t`Loses no more than 0.03.` : t`Loses more than 0.03.`;
    case 'time':
      return t`An image takes ${fixed(value ?? 0, 2)} times as long.`;
    case 'answers':
      return passed
        ? t`It answers every image.`
        : t`Images without an answer: ${counted(value ?? 0)}.`;
    default:
      return check.text;
  }
}

/** The findings that decided the verdict, one sentence per row; empty without a verdict. */
export function decidedBy(report: EvaluationReport | undefined): string {
  const { verdict } = report ?? {};
  const rows = verdict?.checks.filter(({ standing }) => standing === verdict.standing) ?? [];
  return sentences(...rows.map(checkText));
}

/** The verdict in one sentence. */
export function sentenceOf(data: EvaluationReport): string {
  const model = modelText(data.model);
  const serving = modelText(data.serving);
  if (data.state === 'queued')
    return t`${model} is waiting for a worker to compare it with ${serving}.`;
  if (data.state === 'running') {
    const done = percentOf(data.progress);
    return t`${model} is being compared with ${serving}: ${done} done.`;
  }
  if (data.state === 'cancelled') return t`The evaluation of ${model} was cancelled.`;
  if (!data.verdict) {
    const problem = data.problem ? problemSentence(data.problem) : '';
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
