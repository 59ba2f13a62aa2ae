import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { drawingQuery, emptyDrawing } from '../../../editing/drawings';
import { frameQuery, imageQuery } from '../../../editing/imageQueries';
import { newestInLine } from '../../../editing/line';
import { Editor, type EditorView } from '../../../editor';
import { currentLanguage } from '../../../language/language';
import { linkViews } from '../../../viewer/linkedViews';
import type { Stage } from '../../../viewer/stage';
import { INITIAL_STATE, type ViewerState } from '../../../viewer/state';
import { Store } from '../../../viewer/store';
import { StageView } from '../StageView';
import { viewerStore } from '../viewerStore';
import classes from './PriorSide.module.css';
import { togglePrior } from './priorStore';

const DAY = new Intl.DateTimeFormat(currentLanguage(), { dateStyle: 'medium' });

/** An earlier image with its outlines; zoom, position and window follow the drawing's. */
export function PriorSide({ of, id }: { of: string; id: string }) {
  const image = useQuery(imageQuery(id)).data ?? null;
  const frame = useQuery(frameQuery(id, image?.frame.url ?? null)).data ?? null;
  const newest = image && newestInLine(image);
  const drawing = useQuery({
    ...drawingQuery(id, newest ?? { revision: 0, source: 'model' }),
    enabled: newest !== null,
  }).data;
  const store = useMemo(() => new Store<ViewerState>(INITIAL_STATE), []);
  useEffect(() => linkViews(viewerStore, store), [store]);
  const stage = useRef<Stage | null>(null);
  const view = useRef<EditorView | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const spacing = image?.frame.spacing_mm ?? null;
  const editor = useMemo(() => {
    if (!frame || (newest && !drawing)) return null;
    return new Editor({ ...(drawing ?? emptyDrawing(frame)), frame, spacing, tool: 'pan' });
  }, [frame, newest, drawing, spacing]);
  const day = image ? DAY.format(new Date(image.created_at)) : '';
  return (
    <StageView
      ref={stage}
      view={view}
      canvas={canvas}
      store={store}
      label={t`Earlier image of ${day}`}
      frame={frame}
      editor={editor}
      spacing={null}
    >
      <div className={classes.title}>
        <span>
          <Trans>Earlier image, {day}</Trans>
        </span>
        <ActionIcon
          size={24}
          variant="subtle"
          color="gray"
          aria-label={t`Close the earlier image`}
          onClick={() => togglePrior(of, null)}
        >
          <IconX size={14} stroke={1.8} />
        </ActionIcon>
      </div>
    </StageView>
  );
}
