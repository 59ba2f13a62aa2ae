/** Drawings that the server does not have, for signing out. */
export interface UnsavedWork {
  /** Stores what it can, then counts the drawings that would be lost. */
  unsaved(user: string): Promise<number>;
  /** Removes a person's drawings from this browser. */
  forget(user: string): Promise<void>;
}

let loaded: UnsavedWork | null = null;

/** Set once an image was opened: without a network its code could not be loaded again. */
export function offerUnsavedWork(work: UnsavedWork): void {
  loaded = work;
}

/** The value given to {@link offerUnsavedWork}; null if no image was opened. */
export const loadedWork = (): UnsavedWork | null => loaded;
