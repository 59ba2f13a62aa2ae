import { useElementSize } from '@mantine/hooks';
import { type MouseEvent, type ReactNode, useEffect, useMemo, useRef } from 'react';
import type { Box } from '../editor';
import classes from './DrawingPane.module.css';

interface Props {
  title: ReactNode;
  /** The picture's description for screen readers. */
  label: string;
  frame: ImageData;
  /** RGBA over the frame, of the same size; null for the frame alone. */
  overlay: Uint8ClampedArray<ArrayBuffer> | null;
  /** The visible part of the frame; null for all of it. */
  view?: Box | null;
  /** Drawn as a thin rectangle. */
  mark?: Box | null;
  onPick?: (x: number, y: number) => void;
}

function canvasOf(pixels: ImageData): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  return canvas;
}

/** A frame with one drawing on it, as large as possible. */
export function DrawingPane({ title, label, frame, overlay, view, mark, onPick }: Props) {
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = useMemo(() => canvasOf(frame), [frame]);
  const paint = useMemo(
    () => (overlay ? canvasOf(new ImageData(overlay, frame.width, frame.height)) : null),
    [overlay, frame],
  );
  const shown = view ?? { left: 0, top: 0, width: frame.width, height: frame.height };
  const scale = Math.min(width / shown.width, height / shown.height) || 0;

  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !canvas.current || scale === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const { left, top } = shown;
    canvas.current.width = Math.max(1, Math.round(shown.width * scale * ratio));
    canvas.current.height = Math.max(1, Math.round(shown.height * scale * ratio));
    const size = [0, 0, canvas.current.width, canvas.current.height] as const;
    context.imageSmoothingEnabled = scale * ratio < 1;
    for (const source of paint ? [picture, paint] : [picture]) {
      context.drawImage(source, left, top, shown.width, shown.height, ...size);
    }
    if (!mark) return;
    const unit = scale * ratio;
    context.lineWidth = 1.5 * ratio;
    // White dashes on a black line are visible on speckle and on shadow.
    for (const [colour, dash] of [
      ['#000', []] as const,
      ['#fff', [5 * ratio, 4 * ratio]] as const,
    ]) {
      context.strokeStyle = colour;
      context.setLineDash([...dash]);
      context.strokeRect(
        (mark.left - left - 2) * unit,
        (mark.top - top - 2) * unit,
        (mark.width + 4) * unit,
        (mark.height + 4) * unit,
      );
    }
  }, [picture, paint, shown, scale, mark]);

  const pick = (event: MouseEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const x = Math.floor(shown.left + ((event.clientX - box.left) / box.width) * shown.width);
    const y = Math.floor(shown.top + ((event.clientY - box.top) / box.height) * shown.height);
    onPick?.(x, y);
  };

  return (
    <figure className={classes.root}>
      <figcaption className={classes.title}>{title}</figcaption>
      <div ref={ref} className={classes.stage}>
        <canvas
          ref={canvas}
          className={classes.canvas}
          style={{ width: shown.width * scale, height: shown.height * scale }}
          role="img"
          aria-label={label}
          onClick={onPick ? pick : undefined}
        />
      </div>
    </figure>
  );
}
