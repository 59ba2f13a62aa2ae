import { t } from '@lingui/core/macro';
import type { RetentionKind } from '../../api/retention';

export const KINDS: readonly RetentionKind[] = [
  'never-submitted',
  'returned',
  'deleted-images',
  'exports',
  'jobs',
];

/** Kinds that are images and can therefore also be archived. */
export const IMAGES: readonly RetentionKind[] = ['never-submitted', 'returned'];

const TEXTS: Record<RetentionKind, string> = {
  'never-submitted': t`Images never submitted`,
  returned: t`Returned images`,
  'deleted-images': t`Deleted images`,
  exports: t`Exports`,
  jobs: t`Finished jobs`,
};

const COUNTED: Record<RetentionKind, string> = {
  'never-submitted': t`Counted from the last work on the image`,
  returned: t`Counted from the return or the last work on the image`,
  'deleted-images': t`Counted from the deletion; after that nobody can bring them back`,
  exports: t`Counted from when the archive was finished`,
  jobs: t`Counted from their end; jobs that an export or a training run needs are kept`,
};

export const kindText = (kind: RetentionKind) => TEXTS[kind];

export const countedText = (kind: RetentionKind) => COUNTED[kind];
