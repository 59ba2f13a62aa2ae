import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Text } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useEditing } from '../editing/EditorContext';
import { revisionNumber } from '../editing/revisionNumber';
import { withWords } from '../language/withWords';
import { useCorrectedImage } from './correctedImage';
import classes from './HistoryPanel.module.css';
import { HistoryRow } from './HistoryRow';
import type { Revision } from './wire';

const CompareDialog = lazy(() =>
  withWords('panels', () => import('./CompareDialog')).then((module) => ({
    default: module.CompareDialog,
  })),
);

/** Every revision of the image, newest first: who, when, what changed. */
export function HistoryPanel() {
  const { imageId } = useEditing();
  const image = useCorrectedImage(imageId);
  const [compared, setCompared] = useState<Revision | null>(null);
  if (!image) return null;
  const { masks } = image;
  const numberOf = (one: Revision) => revisionNumber(masks, one.revision);
  if (masks.length === 0) {
    return (
      <Text size="sm" c="dimmed" p="md">
        <Trans>No revisions yet. The first one comes from a model or from your drawing.</Trans>
      </Text>
    );
  }
  return (
    <>
      <ol className={classes.list} aria-label={t`Revisions`} data-testid="history">
        {masks.map((revision) => (
          <HistoryRow
            key={revision.id}
            revision={revision}
            numberOf={numberOf}
            parent={masks.find((one) => one.revision === revision.parent_revision) ?? null}
            approved={image.approved_revision === revision.revision}
            mayEdit={image.may.edit}
            onCompare={() => setCompared(revision)}
          />
        ))}
      </ol>
      {compared ? (
        <Suspense fallback={null}>
          <CompareDialog revision={compared} masks={masks} onClose={() => setCompared(null)} />
        </Suspense>
      ) : null}
    </>
  );
}
