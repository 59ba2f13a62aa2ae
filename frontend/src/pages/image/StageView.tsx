import { t } from '@lingui/core/macro';
import { Loader } from '@mantine/core';
import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import type { Spacing } from '../../api/types';
import { rememberBoard, removeFirst } from '../../cine/firstPicture';
import { type Editor, type EditorCallbacks, EditorView } from '../../editor';
import type { Layer } from '../../viewer/layers';
import { Stage } from '../../viewer/stage';
import type { ViewerState } from '../../viewer/state';
import type { Store } from '../../viewer/store';
import { ScaleBars } from './ScaleBars';
import classes from './StageView.module.css';
import { viewerStore } from './viewerStore';

interface Props extends EditorCallbacks {
  ref: RefObject<Stage | null>;
  /** The editor's layers, tools and keys on this stage, if there is an editor. */
  view: RefObject<EditorView | null>;
  canvas: RefObject<HTMLCanvasElement | null>;
  /** The picture's description for screen readers. */
  label: string;
  frame: ImageData | null;
  /** Shown until the frame is loaded. */
  poster?: Promise<ImageData | null> | null;
  editor: Editor | null;
  spacing: Spacing | null;
  /** Zoom and window; the page's if absent. A picture with its own store has no scale bar. */
  store?: Store<ViewerState>;
  /** Drawn on top, in this order. */
  possible?: Layer | null;
  /** Suggested outlines. */
  suggested?: Layer | null;
  layer?: Layer | null;
  /** Outlines of suspected text. */
  text?: Layer | null;
  /** Pointer activity that may count as work. */
  onActivity?: () => void;
  /** Elements over the image. */
  children?: ReactNode;
}

/** Mounts the framework-free stage, with the editor on it, in the page. */
export function StageView(props: Props) {
  const {
    ref,
    view,
    canvas,
    label,
    frame,
    poster = null,
    editor,
    spacing,
    store = viewerStore,
    possible,
    suggested,
    layer,
    text,
    onActivity,
    children,
  } = props;
  const callbacks = useRef<EditorCallbacks>(props);
  useEffect(() => {
    callbacks.current = props;
  });

  useLayoutEffect(() => {
    if (!canvas.current) return;
    const stage = new Stage(canvas.current, store);
    ref.current = stage;
    return () => {
      if (canvas.current && store === viewerStore) rememberBoard(canvas.current);
      ref.current = null;
      stage.destroy();
    };
  }, [ref, canvas, store]);

  useLayoutEffect(() => {
    ref.current?.show(frame);
    let waiting = frame === null;
    // In the same screen frame as the paint that `show` requested.
    if (frame) requestAnimationFrame(removeFirst);
    void poster?.then((picture) => {
      if (!waiting || !picture) return;
      ref.current?.show(picture);
      requestAnimationFrame(removeFirst);
    });
    return () => {
      waiting = false;
    };
  }, [ref, frame, poster]);

  // After the frame, which clears the stage, and before the paint: both appear at once.
  useLayoutEffect(() => {
    if (!ref.current || !frame || !editor) return;
    const made = new EditorView(ref.current, editor, {
      onBox: (box) => callbacks.current.onBox?.(box),
      onPoint: (pixel) => callbacks.current.onPoint?.(pixel),
      onScribbles: () => callbacks.current.onScribbles?.(),
    });
    view.current = made;
    return () => {
      if (view.current === made) view.current = null;
      made.destroy();
    };
  }, [ref, view, frame, editor]);

  useLayoutEffect(() => (possible ? ref.current?.addLayer(possible) : undefined), [ref, possible]);

  useLayoutEffect(
    () => (suggested ? ref.current?.addLayer(suggested) : undefined),
    [ref, suggested],
  );

  useLayoutEffect(() => (text ? ref.current?.addLayer(text) : undefined), [ref, text]);

  useLayoutEffect(() => (layer ? ref.current?.addLayer(layer) : undefined), [ref, layer]);

  return (
    <div className={classes.root}>
      <canvas
        ref={canvas}
        className={classes.canvas}
        role="img"
        aria-label={label}
        tabIndex={0}
        onPointerDown={onActivity}
        onPointerUp={onActivity}
        onPointerMove={(event) => event.buttons !== 0 && onActivity?.()}
      />
      {frame ? null : (
        <Loader className={classes.loader} size="sm" aria-label={t`Loading the image`} />
      )}
      {store === viewerStore ? <ScaleBars spacing={spacing} /> : null}
      {children}
    </div>
  );
}
