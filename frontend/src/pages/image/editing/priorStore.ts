import { Store } from '../../../viewer/store';

/** The earlier image shown side by side; null for none. Closed by opening another image. */
export const priorStore = new Store<{ of: string | null; id: string | null }>({
  of: null,
  id: null,
});

/** The earlier image shown next to this one. */
export function priorOf(imageId: string): string | null {
  const { of, id } = priorStore.get();
  return of === imageId ? id : null;
}

/** Shows an earlier image next to the image with the id `of`, or closes it. */
export function togglePrior(of: string, id: string | null): void {
  priorStore.set({ of, id: priorOf(of) === id ? null : id });
}
