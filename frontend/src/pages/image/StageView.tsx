import { Loader } from '@mantine/core';
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import type { Lesion, Spacing } from '../../api/types';
import { Stage } from '../../viewer/stage';
import { ScaleBars } from './ScaleBars';
import classes from './StageView.module.css';
import { useViewer, viewerStore } from './viewerStore';

interface Props {
  ref: RefObject<Stage | null>;
  /** What a screen reader says of the picture. */
  label: string;
  frame: ImageData | null;
  mask: ImageData | null;
  lesions: readonly Lesion[];
  spacing: Spacing | null;
  warning: string | null;
}

/** Puts the framework-free stage into the page. */
export function StageView({ ref, label, frame, mask, lesions, spacing, warning }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const hidden = useViewer((state) => !state.overlay.shown);

  useLayoutEffect(() => {
    if (!canvas.current) return;
    const stage = new Stage(canvas.current, viewerStore);
    ref.current = stage;
    return () => {
      ref.current = null;
      stage.destroy();
    };
  }, [ref]);

  useEffect(() => {
    ref.current?.show(frame);
  }, [ref, frame]);

  useEffect(() => {
    if (frame) ref.current?.overlay(mask, lesions);
  }, [ref, frame, mask, lesions]);

  return (
    <div className={classes.root}>
      <canvas ref={canvas} className={classes.canvas} role="img" aria-label={label} tabIndex={0} />
      {frame ? null : (
        <Loader className={classes.loader} size="sm" aria-label="Loading the image" />
      )}
      <ScaleBars spacing={spacing} />
      <div className={classes.notes} role="status">
        {hidden && lesions.length > 0 ? (
          <span className={classes.note}>
            Overlay hidden – press <kbd>o</kbd>
          </span>
        ) : null}
        {warning ? <span className={classes.note}>{warning}</span> : null}
      </div>
    </div>
  );
}
