import { Store } from '../../../viewer/store';

/** A place that a comment is about, in px of a frame. */
export interface Place {
  frame: number;
  x: number;
  y: number;
}

/** The state of pins on the open image. */
export const pinStore = new Store<{
  /** The image that is open. */
  of: string | null;
  /** The next press on the image says where. */
  placing: boolean;
  /** Where the comment that is being written belongs. */
  wanted: Place | null;
  /** The pin whose thread is open. */
  selected: string | null;
}>({ of: null, placing: false, wanted: null, selected: null });

/** Nothing that was begun on another image goes on with this one. */
export const openPins = (of: string): void =>
  pinStore.set({ of, placing: false, wanted: null, selected: null });
