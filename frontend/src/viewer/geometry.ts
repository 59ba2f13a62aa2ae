// The one transform between image and canvas. Image coordinates are in pixels of the frame with
// (0, 0) at the top left corner of the first pixel, so the centre of pixel i is at i + 0.5.
// Canvas coordinates are device pixels: CSS pixels are not used here.

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

/** A part of the canvas, in whole device pixels. */
export interface Area extends Point, Size {}

/** canvas = image * scale + offset */
export interface View {
  /** Device pixels per image pixel. */
  scale: number;
  x: number;
  y: number;
}

export const MAX_SCALE = 64;
/** The part of the image that must stay visible, in device pixels, so that it cannot be lost. */
const KEEP_VISIBLE = 48;

export function toImage(view: View, point: Point): Point {
  return { x: (point.x - view.x) / view.scale, y: (point.y - view.y) / view.scale };
}

export function toCanvas(view: View, point: Point): Point {
  return { x: point.x * view.scale + view.x, y: point.y * view.scale + view.y };
}

export function fitScale(image: Size, canvas: Size, margin = 0): number {
  const width = Math.max(1, canvas.width - 2 * margin);
  const height = Math.max(1, canvas.height - 2 * margin);
  return Math.min(width / image.width, height / image.height);
}

export function centred(image: Size, canvas: Size, scale: number): View {
  return {
    scale,
    x: (canvas.width - image.width * scale) / 2,
    y: (canvas.height - image.height * scale) / 2,
  };
}

/** The whole image as large as possible, centred. */
export function fitView(image: Size, canvas: Size, margin = 0): View {
  return centred(image, canvas, fitScale(image, canvas, margin));
}

/** The minimum scale: a quarter of the fitted image, but never above 1:1. */
export function minScale(image: Size, canvas: Size): number {
  return Math.min(1, fitScale(image, canvas) / 4);
}

/** Scales by a factor around the image point under `at`. */
export function zoomAt(view: View, at: Point, factor: number, min: number, max = MAX_SCALE): View {
  const scale = Math.min(max, Math.max(min, view.scale * factor));
  const anchor = toImage(view, at);
  return { scale, x: at.x - anchor.x * scale, y: at.y - anchor.y * scale };
}

export function panned(view: View, dx: number, dy: number): View {
  return { scale: view.scale, x: view.x + dx, y: view.y + dy };
}

/** Moves the view just enough to keep a strip of the image visible. */
export function clamped(view: View, image: Size, canvas: Size): View {
  const width = image.width * view.scale;
  const height = image.height * view.scale;
  const keepX = Math.min(KEEP_VISIBLE, width, canvas.width);
  const keepY = Math.min(KEEP_VISIBLE, height, canvas.height);
  return {
    scale: view.scale,
    x: Math.min(canvas.width - keepX, Math.max(keepX - width, view.x)),
    y: Math.min(canvas.height - keepY, Math.max(keepY - height, view.y)),
  };
}

/** Offsets rounded to device pixels, so that no layer is resampled by half a pixel. */
export function snapped(view: View): View {
  return { scale: view.scale, x: Math.round(view.x), y: Math.round(view.y) };
}

/** The smallest area around both. */
export function joined(a: Area, b: Area): Area {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

export function midpoint(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

/** Keeps the image point in the middle there when the canvas changes size. */
export function resized(view: View, before: Size, after: Size): View {
  return panned(view, (after.width - before.width) / 2, (after.height - before.height) / 2);
}
