import { Store } from '../../../viewer/store';

/** The position that a comment refers to, in px of a frame. */
export interface Place {
  frame: number;
  x: number;
  y: number;
}

/** The state of pins on the open image. */
export const pinStore = new Store<{
  /** Id of the open image. */
  of: string | null;
  /** The next press on the image sets the position. */
  placing: boolean;
  /** The position of the comment being written. */
  wanted: Place | null;
  /** The pin whose thread is open. */
  selected: string | null;
}>({ of: null, placing: false, wanted: null, selected: null });

/** Resets the state when another image is opened. */
export const openPins = (of: string): void =>
  pinStore.set({ of, placing: false, wanted: null, selected: null });
