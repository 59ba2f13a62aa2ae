import { t } from '@lingui/core/macro';
import { sentenceOf } from '../../api/problem';
import type { ProjectJob } from '../../api/projectJobs';

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
};

/** The name of a job's kind for people; one that the page does not know yet keeps its own name. */
export const kindText = (kind: string): string =>
  KINDS[kind] ?? kind.replaceAll('-', ' ').replace(/^./, (letter) => letter.toUpperCase());

/** How far it is, or why it failed. */
export function standingText(job: ProjectJob): string {
  switch (job.state) {
    case 'queued':
      return job.position === 0 ? t`Next` : t`${job.position ?? '?'} before it`;
    case 'running': {
      const stage = job.stage ? `${job.stage.replaceAll('-', ' ')}, ` : '';
      return `${stage}${Math.round(job.progress * 100)} %`;
    }
    case 'failed':
      return job.problem ? sentenceOf(job.problem) : t`No reason is known.`;
    default:
      return '';
  }
}
