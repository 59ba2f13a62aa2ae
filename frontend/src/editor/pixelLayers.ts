import { type Box, union } from './box';
import { type Delta, eachRun } from './delta';
import { LabelMap } from './labelMap';
import { PixelCounts } from './pixelCounts';
import { TrackedMap } from './trackedMap';

/** A change of one layer. */
export interface LayerDelta {
  /** The class of the lesions in it; null for the common layer. */
  readonly layer: string | null;
  readonly delta: Delta;
}

export interface PixelLayer {
  /** The class of the lesions in it; null for the common layer. */
  readonly classId: string | null;
  readonly pixels: TrackedMap;
  readonly counts: PixelCounts;
}

/**
 * The pixels of all lesions: a common layer, and one for each class whose lesions may share pixels
 * with others. A number identifies one lesion across all layers.
 */
export class PixelLayers {
  readonly common: PixelLayer;
  private readonly others = new Map<string, PixelLayer>();

  constructor(common: LabelMap, overlays: ReadonlyMap<string, LabelMap>) {
    this.common = layerOf(null, common.clone());
    for (const [classId, map] of overlays) this.others.set(classId, layerOf(classId, map.clone()));
  }

  /** The common layer first. */
  get all(): PixelLayer[] {
    return [this.common, ...this.others.values()];
  }

  /** The layers that contain lesions; the common one is always included, and first. */
  get drawn(): PixelLayer[] {
    return this.all.filter(
      ({ classId, counts, pixels }) => !classId || pixels.open || counts.present().length,
    );
  }

  /** All layers as one map, later ones on top; the live map if there is only one. */
  get flat(): LabelMap {
    const [, ...others] = this.drawn;
    if (others.length === 0) return this.common.pixels.map;
    const all = this.common.pixels.map.clone();
    for (const { pixels } of others) {
      pixels.map.data.forEach((label, index) => {
        if (label !== 0) all.data[index] = label;
      });
    }
    return all;
  }

  /** The layer of a class, created when first requested. */
  of(classId: string | null): PixelLayer {
    if (classId === null) return this.common;
    const found = this.others.get(classId);
    if (found) return found;
    const { width, height } = this.common.pixels.map;
    const made = layerOf(classId, new LabelMap(width, height));
    this.others.set(classId, made);
    return made;
  }

  /** The layer in which a lesion has pixels; null if it has none. */
  holding(label: number): PixelLayer | null {
    return this.all.find(({ counts }) => counts.area(label) > 0) ?? null;
  }

  /** Numbers of the lesions that have pixels, in order. */
  present(): number[] {
    return this.all.flatMap(({ counts }) => counts.present()).sort((a, b) => a - b);
  }

  area(label: number): number {
    return this.all.reduce((sum, { counts }) => sum + counts.area(label), 0);
  }

  box(label: number): Box | null {
    return this.all.reduce(
      (around: Box | null, { counts }) => union(around, counts.box(label)),
      null,
    );
  }

  /** A box around everything that may have been written since the last commit. */
  get open(): Box | null {
    return this.all.reduce((around: Box | null, { pixels }) => union(around, pixels.open), null);
  }

  /** Commits everything written since the last commit. */
  commit(): LayerDelta[] {
    return this.all.flatMap(({ classId, pixels, counts }) => {
      const delta = pixels.commit();
      if (!delta) return [];
      eachRun(delta, 'after', counts.moved);
      counts.recount(delta.box);
      return [{ layer: classId, delta }];
    });
  }

  /** Reverts everything written since the last commit; returns the affected boxes. */
  rollback(): Box[] {
    return this.all.flatMap(({ pixels }) => pixels.rollback() ?? []);
  }

  /** Applies a delta from the undo history in either direction; nothing may be uncommitted. */
  apply(changes: readonly LayerDelta[], side: 'before' | 'after'): void {
    for (const { layer, delta } of changes) {
      const { pixels, counts } = this.of(layer);
      pixels.apply(delta, side, counts.moved);
      counts.recount(delta.box);
    }
  }
}

function layerOf(classId: string | null, map: LabelMap): PixelLayer {
  return { classId, pixels: new TrackedMap(map), counts: new PixelCounts(map) };
}
