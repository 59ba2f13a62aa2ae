import type { ProjectJob } from '../../api/projectJobs';

const KINDS: Partial<Record<string, string>> = {
  ingest: 'Read an upload',
  predict: 'Outline an image',
  'predict-frames': 'Outline frames of a cine',
  segment: 'Outline without keeping it',
  measure: 'Measure a drawing',
  agreement: 'Compare two readings',
  consensus: 'Make a consensus',
  redact: 'Black out areas',
  'text-search': 'Look for text',
  send: 'Send results to a PACS',
  hook: 'Tell another system',
  export: 'Export',
  import: 'Import',
  'model-import': 'Import a model',
  'model-verify': 'Verify a model',
};

/** What a job does, for people; a kind that the page does not know yet by its own name. */
export const kindText = (kind: string): string =>
  KINDS[kind] ?? kind.replaceAll('-', ' ').replace(/^./, (letter) => letter.toUpperCase());

/** How far it is, or why it failed. */
export function standingText(job: ProjectJob): string {
  switch (job.state) {
    case 'queued':
      return job.position === 0 ? 'Next' : `${job.position ?? '?'} before it`;
    case 'running': {
      const stage = job.stage ? `${job.stage.replaceAll('-', ' ')}, ` : '';
      return `${stage}${Math.round(job.progress * 100)} %`;
    }
    case 'failed':
      return job.problem?.detail ?? job.problem?.title ?? 'No reason is known.';
    default:
      return '';
  }
}
