import { Store } from '../viewer/store';

/** An area to be blacked out permanently, in px of the frame, with the API's names. */
export type Area =
  | { kind: 'rectangle'; top: number; left: number; height: number; width: number }
  | { kind: 'polygon'; points: [x: number, y: number][] };

export interface BlackoutState {
  areas: readonly Area[];
  canUndo: boolean;
  canRedo: boolean;
}

/**
 * Black boxes that are drawn but not applied. Until then, every change can be undone. They have a
 * separate undo history because they are not part of the drawing.
 */
export class Blackout {
  readonly state = new Store<BlackoutState>({ areas: [], canUndo: false, canRedo: false });
  private steps: (readonly Area[])[] = [[]];
  private at = 0;

  add(area: Area): void {
    this.step([...this.state.get().areas, area]);
  }

  remove(area: Area): void {
    this.step(this.state.get().areas.filter((one) => one !== area));
  }

  /** @returns whether there was a step to undo */
  undo(): boolean {
    return this.go(-1);
  }

  /** @returns whether there was a step to redo */
  redo(): boolean {
    return this.go(1);
  }

  /** They were applied or are not wanted: nothing is left to undo. */
  clear(): void {
    this.steps = [[]];
    this.at = 0;
    this.show();
  }

  private step(areas: readonly Area[]): void {
    this.steps = [...this.steps.slice(0, this.at + 1), areas];
    this.at += 1;
    this.show();
  }

  private go(by: number): boolean {
    if (!this.steps[this.at + by]) return false;
    this.at += by;
    this.show();
    return true;
  }

  private show(): void {
    this.state.set({
      areas: this.steps[this.at] ?? [],
      canUndo: this.at > 0,
      canRedo: this.at < this.steps.length - 1,
    });
  }
}

/** The corners of an area, in image coordinates. */
export function cornersOf(area: Area): { x: number; y: number }[] {
  if (area.kind === 'polygon') return area.points.map(([x, y]) => ({ x, y }));
  const { left, top, width, height } = area;
  return [
    { x: left, y: top },
    { x: left + width, y: top },
    { x: left + width, y: top + height },
    { x: left, y: top + height },
  ];
}
