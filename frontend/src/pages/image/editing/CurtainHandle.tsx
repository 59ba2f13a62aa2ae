import { t } from '@lingui/core/macro';
import { type PointerEvent, useRef } from 'react';
import { useEditorState } from '../../../editing/useEditorState';
import type { Editor } from '../../../editor';
import type { Area } from '../../../viewer/geometry';
import type { ViewerState } from '../../../viewer/state';
import { areaOnBoard } from '../../../viewer/turn';
import { useViewer } from '../viewerStore';
import classes from './CurtainHandle.module.css';

const STEP = 0.02;

/** Moves the line to the left of which the model's outline is shown. */
export function CurtainHandle({ editor }: { editor: Editor }) {
  const split = useEditorState(editor, (state) => state.comparison.split, 0.5);
  const left = useViewer((state) => {
    const { x, width } = pictureOnBoard(state);
    return (x + width * split) / state.ratio;
  });
  const scale = useViewer((state) => pictureOnBoard(state).width / state.ratio);
  const from = useRef<{ x: number; split: number } | null>(null);
  const move = (to: number) => editor.setComparison({ split: Math.max(0, Math.min(1, to)) });
  const drag = (event: PointerEvent) => {
    if (from.current) move(from.current.split + (event.clientX - from.current.x) / scale);
  };
  return (
    <div
      className={classes.root}
      style={{ transform: `translateX(${left}px)` }}
      role="slider"
      tabIndex={0}
      aria-label={t`Model on the left, drawing on the right`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(split * 100)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { x: event.clientX, split };
      }}
      onPointerMove={drag}
      onPointerUp={() => {
        from.current = null;
      }}
      onKeyDown={(event) => {
        if (event.key === 'ArrowLeft') move(split - STEP);
        if (event.key === 'ArrowRight') move(split + STEP);
      }}
    />
  );
}

function pictureOnBoard(state: ViewerState): Area {
  const { view, image } = state;
  const { width, height } = image ?? { width: 1, height: 1 };
  return areaOnBoard(state, {
    x: view.x,
    y: view.y,
    width: width * view.scale,
    height: height * view.scale,
  });
}
