import type { Size, View } from './geometry';
import { AS_STORED, type Display } from './grayWindow';
import { AS_TAKEN, type Turn } from './turn';

/** How the overlay is drawn; a setting kept from image to image. */
export interface OverlayStyle {
  shown: boolean;
  fill: boolean;
  contour: boolean;
  /** Opacity of the fill, 0..1. */
  opacity: number;
}

export const OVERLAY_DEFAULT: OverlayStyle = {
  shown: true,
  // The texture to be judged stays visible; `f` turns the fill on.
  fill: false,
  contour: true,
  opacity: 0.25,
};

/** Outlines of the findings of de-identification. */
export interface TextStyle {
  /** Areas that look like text and were kept. */
  suspected: boolean;
  /** Areas blacked out before the picture was stored. */
  blanked: boolean;
}

export interface ViewerState {
  view: View;
  /** The view follows the canvas size until someone zooms or pans. */
  fitted: boolean;
  /** In device pixels, as if the picture were not turned. */
  canvas: Size;
  /** How the canvas is turned on screen. */
  turn: Turn;
  /** Device pixels per CSS pixel. */
  ratio: number;
  /** Null if no frame is shown. */
  image: Size | null;
  display: Display;
  overlay: OverlayStyle;
  text: TextStyle;
  hovered: number | null;
}

export const INITIAL_STATE: ViewerState = {
  view: { scale: 1, x: 0, y: 0 },
  fitted: true,
  canvas: { width: 1, height: 1 },
  turn: AS_TAKEN,
  ratio: 1,
  image: null,
  display: AS_STORED,
  overlay: OVERLAY_DEFAULT,
  text: { suspected: true, blanked: false },
  hovered: null,
};
