import { t } from '@lingui/core/macro';
import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import type { ImageDetail } from '../../../api/types';
import { useEditing } from '../../../editing/EditorContext';
import { silentRegions } from './scales';

const CalibrateDialog = lazy(async () => ({
  default: (await import('./CalibrateDialog')).CalibrateDialog,
}));

/** Gives the image a scale by hand, where its file states none. */
export function Calibrate({ image }: { image: ImageDetail }) {
  const { editor } = useEditing();
  const [opened, setOpened] = useState(false);
  const silent = silentRegions(image.frame);
  if (!image.may.edit || silent.length === 0) return null;
  const manual = silent.some((region) => region.spacing_source === 'manual');
  return (
    <>
      <Button size="compact-xs" variant="subtle" onClick={() => setOpened(true)}>
        {manual ? t`Measured by hand …` : t`Calibrate …`}
      </Button>
      {opened ? (
        <Suspense fallback={null}>
          <CalibrateDialog image={image} editor={editor} onClose={() => setOpened(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
