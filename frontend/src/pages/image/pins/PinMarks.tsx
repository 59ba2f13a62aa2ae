import { t } from '@lingui/core/macro';
import type { RefObject } from 'react';
import { useStore } from '../../../editing/useEditorState';
import { toCanvas, toImage } from '../../../viewer/geometry';
import type { ViewerState } from '../../../viewer/state';
import { onBoard, onCanvas } from '../../../viewer/turn';
import { useViewer, viewerStore } from '../viewerStore';
import classes from './PinMarks.module.css';
import { pinStore } from './pinStore';
import { usePins } from './usePins';

interface Props {
  imageId: string;
  frame: number;
  /** The canvas under the sheet. */
  below: RefObject<HTMLCanvasElement | null>;
}

/**
 * The pins of a frame over its picture, and a sheet that receives the position of a new one. Until
 * the comment is sent, another press moves it.
 */
export function PinMarks({ imageId, frame, below }: Props) {
  const pins = usePins(imageId);
  const view = useViewer((state) => state.view);
  const canvas = useViewer((state) => state.canvas);
  const turn = useViewer((state) => state.turn);
  const ratio = useViewer((state) => state.ratio);
  const shown = useViewer((state) => state.overlay.shown);
  const image = useViewer((state) => state.image);
  const { placing, wanted, selected } = useStore(pinStore, (state) => state, pinStore.get());
  if (!image) return null;
  const here = pins
    .map((pin, index) => ({ pin, number: index + 1 }))
    .filter(({ pin }) => pin.frame_index === frame)
    .filter(({ pin }) => pin.resolved_at === null || pin.id === selected);
  return (
    <>
      {placing || wanted?.frame === frame ? (
        <button
          ref={(sheet) => {
            // React's own listener is passive, so Ctrl and the wheel would zoom the page.
            const zoom = (event: WheelEvent) => {
              event.preventDefault();
              below.current?.dispatchEvent(new WheelEvent('wheel', event));
            };
            sheet?.addEventListener('wheel', zoom, { passive: false });
            return () => sheet?.removeEventListener('wheel', zoom);
          }}
          type="button"
          className={classes.sheet}
          aria-label={t`Press the place that the comment is about`}
          // A comment being written keeps the focus; otherwise its letters would act as tool keys.
          onMouseDown={(event) => event.preventDefault()}
          onClick={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            const now = viewerStore.get();
            const place = onCanvas(now, {
              x: (event.clientX - box.left) * ratio,
              y: (event.clientY - box.top) * ratio,
            });
            const at = toImage(now.view, place);
            const inside = at.x >= 0 && at.y >= 0 && at.x <= image.width && at.y <= image.height;
            if (inside) pinStore.set({ placing: false, wanted: { frame, ...at } });
          }}
        />
      ) : null}
      {shown
        ? here.map(({ pin, number }) => (
            <button
              key={pin.id}
              type="button"
              className={classes.pin}
              style={placed({ view, canvas, turn, ratio }, pin)}
              data-selected={pin.id === selected}
              data-resolved={pin.resolved_at !== null}
              aria-label={t`Comment ${number}: ${pin.comments[0]?.text ?? ''}`}
              onClick={() => pinStore.set({ selected: pin.id, wanted: null })}
            >
              {number}
            </button>
          ))
        : null}
      {wanted?.frame === frame ? (
        <span
          className={classes.pin}
          data-selected="true"
          style={placed({ view, canvas, turn, ratio }, wanted)}
          aria-hidden="true"
        >
          +
        </span>
      ) : null}
    </>
  );
}

type Placing = Pick<ViewerState, 'view' | 'canvas' | 'turn' | 'ratio'>;

function placed(state: Placing, at: { x: number; y: number }) {
  const { x, y } = onBoard(state, toCanvas(state.view, at));
  const { ratio } = state;
  return { transform: `translate(${x / ratio}px, ${y / ratio}px)` };
}
