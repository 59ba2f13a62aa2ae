import { request } from './client';
import { imagePath } from './images';

/** Whole pixels of the frame. */
export interface PixelBox {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** A canonical run-length code of the frame's size, see `encodeRuns`. */
export type Runs = readonly number[];

export interface RefineRequest {
  width: number;
  height: number;
  /** One lesion: 1 inside, 0 outside. */
  mask: Runs;
  /** 0 unknown, 1 lesion, 2 not lesion. */
  scribbles: Runs;
  /** The name of a model; null for the site's default. */
  model: string | null;
}

export interface BoxRequest {
  box: PixelBox;
  /** Everything that is outlined already, which the answer does not change. */
  mask: Runs | null;
}

export interface PointRequest {
  point: { row: number; column: number };
  /** Everything that is outlined already, which the answer does not change. */
  mask: Runs | null;
}

export interface InteractiveAnswer {
  /** The lesion: 1 inside, 0 outside. */
  runs: number[];
  /** Where the answer differs from the submitted mask. */
  box: PixelBox | null;
  timings_ms: Record<string, number>;
}

/** Makes a worker load the model and read the frame; the answer does not wait for that. */
export const prepareDrawing = (id: string) =>
  request<void>(`${imagePath(id)}/prepare`, { method: 'POST' });

/** The lesion's outline again, with the scribbled pixels fixed. Nothing is stored. */
export const refineLesion = (id: string, body: RefineRequest, signal: AbortSignal) =>
  request<InteractiveAnswer>(`${imagePath(id)}/refine`, { method: 'POST', json: body, signal });

/** The outline of a lesion in a box. Nothing is stored. */
export const outlineBox = (id: string, body: BoxRequest, signal: AbortSignal) =>
  request<InteractiveAnswer>(`${imagePath(id)}/box`, { method: 'POST', json: body, signal });

/** The outline of the lesion at a point. Nothing is stored. */
export const outlineAt = (id: string, body: PointRequest, signal: AbortSignal) =>
  request<InteractiveAnswer>(`${imagePath(id)}/point`, { method: 'POST', json: body, signal });
