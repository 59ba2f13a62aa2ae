import { type PointerEvent, useEffect, useRef } from 'react';
import { fitView, type Point, toCanvas, toImage, type View } from '../viewer/geometry';
import { drawLabel } from '../viewer/layers';
import { lesionColour } from '../viewer/lesions';
import classes from './LivePage.module.css';
import type { LiveLesion, Scale, Shown } from './stream';

const RIM = 'rgb(0 0 0 / 65%)';
/** Contours and axes are given as pixel centres. */
const CENTRE = 0.5;

interface Props {
  shown: Shown | null;
  scale: Scale | null;
  /** Points of the depth scale that are being set; null if none are. */
  marking: readonly Point[] | null;
  onPoint: (point: Point) => void;
  label: string;
}

/** The picture with its outlines, as large as the space allows. */
export function Stage({ shown, scale, marking, onPoint, label }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<View | null>(null);

  useEffect(() => {
    const board = canvas.current;
    const context = board?.getContext('2d', { alpha: false });
    if (!board || !context) return;
    const draw = () => {
      const ratio = window.devicePixelRatio || 1;
      const width = Math.round(board.clientWidth * ratio);
      const height = Math.round(board.clientHeight * ratio);
      if (board.width !== width || board.height !== height) {
        board.width = width;
        board.height = height;
      }
      context.fillStyle = '#000';
      context.fillRect(0, 0, width, height);
      if (!shown || shown.picture.width === 0) return; // a closed picture has no size
      const { frame, picture } = shown;
      const at = fitView(frame, { width, height }, 8 * ratio);
      view.current = at;
      context.imageSmoothingQuality = 'high';
      context.drawImage(picture, at.x, at.y, frame.width * at.scale, frame.height * at.scale);
      for (const lesion of frame.lesions) drawLesion(context, lesion, at, ratio);
      drawMarks(context, marking ?? scale?.marks ?? [], at, ratio);
    };
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(board);
    return () => observer.disconnect();
  }, [shown, scale, marking]);

  const press = (event: PointerEvent<HTMLCanvasElement>) => {
    if (!marking || !view.current || !shown) return;
    const box = event.currentTarget.getBoundingClientRect();
    const ratio = event.currentTarget.width / box.width;
    const point = toImage(view.current, {
      x: (event.clientX - box.left) * ratio,
      y: (event.clientY - box.top) * ratio,
    });
    const { width, height } = shown.frame;
    onPoint({
      x: Math.max(0, Math.min(width, point.x)),
      y: Math.max(0, Math.min(height, point.y)),
    });
  };
  return (
    <canvas
      ref={canvas}
      className={classes.canvas}
      data-marking={marking ? '' : undefined}
      onPointerDown={press}
      role="img"
      aria-label={label}
    />
  );
}

function drawLesion(
  context: CanvasRenderingContext2D,
  lesion: LiveLesion,
  view: View,
  ratio: number,
): void {
  const colour = lesionColour(lesion.label);
  const points = lesion.contour.map(([x, y]) => toCanvas(view, { x: x + CENTRE, y: y + CENTRE }));
  line(context, points, true);
  if (lesion.possible) context.setLineDash([7 * ratio, 7 * ratio]);
  stroke(context, colour, 2 * ratio);
  context.setLineDash([4 * ratio, 4 * ratio]);
  for (const axis of [lesion.long_axis, lesion.short_axis]) {
    const ends = axis.map(([x, y]) => toCanvas(view, { x: x + CENTRE, y: y + CENTRE }));
    line(context, ends, false);
    stroke(context, colour, 1.25 * ratio);
  }
  context.setLineDash([]);
  const [x, y] = lesion.contour.reduce((a, b) => (b[1] < a[1] ? b : a));
  drawLabel(context, lesion.label, { x, y }, view, ratio, { name: lesion.class_name });
}

function drawMarks(
  context: CanvasRenderingContext2D,
  marks: readonly Point[],
  view: View,
  ratio: number,
): void {
  for (const mark of marks) {
    const { x, y } = toCanvas(view, mark);
    const reach = 9 * ratio;
    line(
      context,
      [
        { x: x - reach, y },
        { x: x + reach, y },
      ],
      false,
    );
    stroke(context, '#fff', 1.5 * ratio);
  }
  if (marks.length === 2) {
    line(
      context,
      marks.map((mark) => toCanvas(view, mark)),
      false,
    );
    stroke(context, 'rgb(255 255 255 / 55%)', ratio);
  }
}

function line(context: CanvasRenderingContext2D, points: readonly Point[], closed: boolean): void {
  context.beginPath();
  points.forEach(({ x, y }, index) => {
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
  if (closed) context.closePath();
}

/** Strokes the current path in a colour on a dark rim, so that it is visible on any tissue. */
function stroke(context: CanvasRenderingContext2D, colour: string, width: number): void {
  context.lineJoin = 'round';
  context.strokeStyle = RIM;
  context.lineWidth = 2 * width;
  context.stroke();
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}
