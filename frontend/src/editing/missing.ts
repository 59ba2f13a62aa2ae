import { Store } from '../viewer/store';

/** The missing answers that block a submission, and where to give them. */
export interface Missing {
  what: 'answer' | 'reason' | 'pieces' | 'possible';
  /** The label of the lesion concerned. */
  lesion?: number;
  /** One sentence on what to do. */
  text: string;
}

/** What was missing in the last attempt to save or submit; `times` counts the attempts. */
export const missingStore = new Store<{ missing: Missing | null; times: number }>({
  missing: null,
  times: 0,
});

/** Shows what is missing, and moves the focus to it. */
export function askFor(missing: Missing): void {
  missingStore.set({ missing, times: missingStore.get().times + 1 });
}

/** The answer was given, or another image is open. */
export function stopAsking(): void {
  if (missingStore.get().missing) missingStore.set({ missing: null });
}
