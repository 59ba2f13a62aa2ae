import type { Drawing, DrawingSource } from '../core/drawing';
import type { Labels } from '../wire';

/** A label map of 8 × 4 with the first `area` pixels in lesion 1. */
export function lesionOf(area: number, name = 'Lesion 1'): Labels {
  const width = 8;
  const height = 4;
  const rest = width * height - area;
  const runs = area === 0 ? [0, rest] : rest === 0 ? [1, area] : [1, area, 0, rest];
  return { width, height, runs, names: area === 0 ? {} : { '1': name } };
}

/** The simplest drawing: a lesion with some number of pixels. */
export class Paper implements DrawingSource {
  private readonly listeners = new Set<() => void>();
  private area: number;

  constructor(
    private readonly base = 0,
    private readonly parent: number | null = 1,
  ) {
    this.area = base;
  }

  draw(area: number): void {
    this.area = area;
    for (const listener of [...this.listeners]) listener();
  }

  get dirty(): boolean {
    return this.area !== this.base;
  }

  read(): Drawing {
    return {
      labels: lesionOf(this.area),
      answer: 'lesions',
      answerReason: null,
      seconds: this.area,
      parentRevision: this.parent,
    };
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
