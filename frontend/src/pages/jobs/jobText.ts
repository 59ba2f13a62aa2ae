import { t } from '@lingui/core/macro';
import { deliveryText } from '../../api/deliveryText';
import type { ProjectJob } from '../../api/projectJobs';
import { comma, currentLanguage } from '../../language/language';
import { stageText } from '../training/trainingText';

const percent = new Intl.NumberFormat(currentLanguage(), { style: 'percent' });

const KINDS: Partial<Record<string, string>> = {
  ingest: t`Read an upload`,
  predict: t`Outline an image`,
  'predict-frames': t`Outline frames of a cine`,
  propagate: t`Suggest outlines on frames`,
  segment: t`Outline without keeping it`,
  measure: t`Measure a drawing`,
  agreement: t`Compare two readings`,
  consensus: t`Make a consensus`,
  redact: t`Black out areas`,
  'text-search': t`Look for text`,
  send: t`Send results to a PACS`,
  hook: t`Notify another system`,
  export: t`Export`,
  retention: t`Apply retention rules`,
  import: t`Import`,
  'model-import': t`Import a model`,
  'model-verify': t`Verify a model`,
  bundle: t`Read a bundle`,
  train: t`Train a model`,
  evaluate: t`Evaluate a model`,
  rerun: t`Outline images again`,
  drift: t`Look for drift`,
  shadow: t`Outline beside the model in use`,
};

/** The label of a job's kind; a kind unknown to the page keeps its own name. */
export const kindText = (kind: string): string =>
  KINDS[kind] ?? kind.replaceAll('-', ' ').replace(/^./, (letter) => letter.toUpperCase());

const STAGES: Partial<Record<string, string>> = {
  checking: t`checking`,
  closing: t`completing the file`,
  comparing: t`comparing`,
  deciding: t`deciding`,
  drawing: t`drawing`,
  frames: t`frames`,
  'looking for text': t`looking for text`,
  measuring: t`measuring`,
  predicting: t`outlining`,
  preparing: t`preparing`,
  reading: t`reading`,
  searching: t`searching`,
  sending: t`sending`,
  storing: t`storing`,
  tidying: t`tidying up`,
  timing: t`measuring time`,
  verifying: t`verifying`,
  writing: t`writing`,
};

/** The progress of a job, or why it failed. */
export function standingText(job: ProjectJob): string {
  switch (job.state) {
    case 'queued':
      return job.position === 0 ? t`Next` : t`${job.position ?? '?'} before it`;
    case 'running': {
      const stage = job.stage ? [STAGES[job.stage] ?? stageText(job.stage)] : [];
      return [...stage, percent.format(job.progress)].join(comma());
    }
    case 'failed':
      return deliveryText(job.problem) ?? t`No reason is known.`;
    default:
      return '';
  }
}
