import { t } from '@lingui/core/macro';

/** The worker's stages, worded for the person who waits. */
const STAGES: Record<string, string> = {
  starting: t`starting`,
  reading: t`reading`,
  decode: t`reading the image`,
  crop: t`finding the sector`,
  denoise: t`smoothing`,
  network: t`looking for lesions`,
  crf: t`refining the outline`,
  morphology: t`cleaning up`,
  lesions: t`measuring`,
  encode: t`writing the mask`,
  storing: t`saving`,
};

export const stageInWords = (stage: string | null): string =>
  STAGES[stage ?? 'starting'] ?? (stage ?? '').replaceAll(/[_-]/g, ' ');
