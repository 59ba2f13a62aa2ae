import { Store } from '../../../viewer/store';

/** The earlier image that is shown beside; null for none. Closed by going to another image. */
export const priorStore = new Store<{ of: string | null; id: string | null }>({
  of: null,
  id: null,
});

/** The earlier image that is shown beside this one. */
export function priorOf(imageId: string): string | null {
  const { of, id } = priorStore.get();
  return of === imageId ? id : null;
}

/** Shows an earlier image beside the one with the id `of`, or takes it away. */
export function togglePrior(of: string, id: string | null): void {
  priorStore.set({ of, id: priorOf(of) === id ? null : id });
}
