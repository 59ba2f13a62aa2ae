import { t } from '@lingui/core/macro';
import { Button } from '@mantine/core';
import { lazy, type RefObject, Suspense, useState } from 'react';
import type { ImageDetail } from '../../../api/types';
import { useEditing } from '../../../editing/EditorContext';
import { withWords } from '../../../language/withWords';
import type { Stage } from '../../../viewer/stage';
import { proposalOf, silentRegions } from './scales';

const CalibrateDialog = lazy(async () => ({
  default: (await withWords('panels', () => import('./CalibrateDialog'))).CalibrateDialog,
}));

/** Sets the scale of the image by hand if its file gives none. */
export function Calibrate(props: { image: ImageDetail; stage: RefObject<Stage | null> }) {
  const { image, stage } = props;
  const { editor } = useEditing();
  const [opened, setOpened] = useState(false);
  const silent = silentRegions(image.frame);
  if (!image.may.edit || silent.length === 0) return null;
  return (
    <>
      <Button size="compact-xs" variant="subtle" onClick={() => setOpened(true)}>
        {said(image)}
      </Button>
      {opened ? (
        <Suspense fallback={null}>
          <CalibrateDialog
            image={image}
            editor={editor}
            stage={stage}
            onClose={() => setOpened(false)}
          />
        </Suspense>
      ) : null}
    </>
  );
}

function said({ frame }: ImageDetail): string {
  const manual = silentRegions(frame).filter((region) => region.spacing_source === 'manual');
  if (manual.some((region) => region.scale_confirmed)) return t`Printed scale, confirmed…`;
  if (manual.length > 0) return t`Measured by hand…`;
  return proposalOf(frame) ? t`Printed scale found…` : t`Calibrate…`;
}
