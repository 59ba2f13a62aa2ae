import { t } from '@lingui/core/macro';
import { Loader } from '@mantine/core';
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import type { Layer } from '../../viewer/layers';
import { Stage } from '../../viewer/stage';
import type { ViewerState } from '../../viewer/state';
import type { Store } from '../../viewer/store';
import classes from './CompareStage.module.css';

interface Props {
  /** Shared by all stages of a comparison, so zoom and pan move them together. */
  store: Store<ViewerState>;
  /** Receives the stage, for keys that move its camera. */
  stageRef?: RefObject<Stage | null>;
  label: string;
  frame: ImageData | null;
  /** Drawn over the frame. */
  layer: Layer | null;
}

/** A canvas of a comparison. */
export function CompareStage({ store, stageRef, label, frame, layer }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const stage = useRef<Stage | null>(null);

  useLayoutEffect(() => {
    if (!canvas.current) return;
    const made = new Stage(canvas.current, store);
    stage.current = made;
    if (stageRef) stageRef.current = made;
    return () => {
      stage.current = null;
      if (stageRef) stageRef.current = null;
      made.destroy();
    };
  }, [store, stageRef]);

  useEffect(() => {
    stage.current?.show(frame);
  }, [frame]);

  useEffect(() => (layer ? stage.current?.addLayer(layer) : undefined), [layer]);

  return (
    <div className={classes.root}>
      <canvas ref={canvas} className={classes.canvas} role="img" aria-label={label} tabIndex={0} />
      {frame ? null : (
        <Loader className={classes.loader} size="sm" aria-label={t`Loading the image`} />
      )}
    </div>
  );
}
