/** Drawings that the server does not have, for signing out. */
export interface UnsavedWork {
  /** Stores what it can, then counts the drawings that would be lost. */
  unsaved(user: string): Promise<number>;
  /** Removes what this browser holds of a person's drawings. */
  forget(user: string): Promise<void>;
}

let loaded: UnsavedWork | null = null;

/** Once an image was opened its code is here; without a network it could not be loaded again. */
export function offerUnsavedWork(work: UnsavedWork): void {
  loaded = work;
}

/** The value given to {@link offerUnsavedWork}; null where no image was opened. */
export const loadedWork = (): UnsavedWork | null => loaded;
