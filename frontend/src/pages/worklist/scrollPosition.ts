/** The reader's position in each list of this tab, to return from an image to the same row. */
const places = new Map<string, number>();

export function rememberScroll(list: string, offset: number): void {
  places.set(list, offset);
}

export function recallScroll(list: string): number {
  return places.get(list) ?? 0;
}

export const lastOpened: { id: string | null } = { id: null };
