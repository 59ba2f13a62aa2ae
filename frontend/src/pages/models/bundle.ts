import { t } from '@lingui/core/macro';
import { sentenceOf } from '../../api/problem';
import type { Bundle } from '../../api/types';
import { counted, fixed, modelText } from './figures';

/** One sentence on a bundle: its contents, its sender, and its outcome. */
export function bundleText(bundle: Bundle): string {
  const site = bundle.site ?? t`an unknown site`;
  if (bundle.state === 'queued') return t`A bundle is waiting for a worker.`;
  if (bundle.state === 'running') return t`A bundle is being read.`;
  if (bundle.state === 'cancelled') return t`A bundle was cancelled.`;
  if (bundle.problem) {
    const why = sentenceOf(bundle.problem);
    return t`A bundle of ${site} was refused. ${why}`;
  }
  if (bundle.kind === 'pool') {
    return t`A pool of ${site} was checked; see it under Imports and apply it as approved.`;
  }
  const model = modelText(bundle.model ?? '');
  if (bundle.standing === 'usable') return t`${model} of ${site} is verified and a candidate.`;
  const why = bundle.reason ?? '';
  return t`${model} of ${site} is broken. ${why}`;
}

/** The licence under which it was provided. */
export const licenceOf = (bundle: Bundle): string => String(bundle.manifest?.licence ?? '');

interface Claim {
  set: string;
  images: number;
  patients: number;
  iou: (number | null)[];
}

/** Results of the sending site on its own test part; the gate here does not rely on them. */
export function claimsOf(bundle: Bundle): string {
  const claims = (bundle.figures ?? []) as unknown as Claim[];
  const test = claims.find((one) => one.set === 'test part');
  const [old, now] = test?.iou ?? [];
  if (!test || typeof old !== 'number' || typeof now !== 'number') return '';
  const before = fixed(old, 3);
  const after = fixed(now, 3);
  const images = counted(test.images);
  const patients = counted(test.patients);
  return t`Measured there: lesion IoU ${after} instead of ${before} (images: ${images}, patients: ${patients}).`;
}
