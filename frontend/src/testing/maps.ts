import fc from 'fast-check';
import { Editor } from '../editor/editor';
import { LabelMap } from '../editor/labelMap';
import type { EditorSetup } from '../editor/setup';

/** A label map from text: "." for background, digits for lesions; rows of equal length. */
export function mapOf(...rows: string[]): LabelMap {
  const width = rows[0]?.length ?? 0;
  const labels = rows.join('').replaceAll('.', '0');
  return new LabelMap(width, rows.length, Uint8Array.from(labels, Number));
}

/** The same text from a map; tests that use it have no labels above 9. */
export function textOf(map: LabelMap): string[] {
  return Array.from({ length: map.height }, (_, y) =>
    [...map.data.subarray(y * map.width, (y + 1) * map.width)].join('').replaceAll('0', '.'),
  );
}

export function countOf(map: LabelMap, label: number): number {
  return map.data.filter((own) => own === label).length;
}

/** An empty frame, or one with any labels. */
export function blank(width: number, height: number): LabelMap {
  return new LabelMap(width, height);
}

/** Lesion 1 from the pixels whose centre lies in an ellipse turned by `degrees`. */
export function ellipse(
  width: number,
  height: number,
  centre: { x: number; y: number },
  a: number,
  b: number,
  degrees = 0,
): LabelMap {
  const turn = (degrees * Math.PI) / 180;
  const map = blank(width, height);
  for (let i = 0; i < map.data.length; i += 1) {
    const dx = (i % width) + 0.5 - centre.x;
    const dy = Math.floor(i / width) + 0.5 - centre.y;
    const u = dx * Math.cos(turn) + dy * Math.sin(turn);
    const v = -dx * Math.sin(turn) + dy * Math.cos(turn);
    if ((u / a) ** 2 + (v / b) ** 2 <= 1) map.data[i] = 1;
  }
  return map;
}

/** Arbitrary maps of a small size, with any labels. */
export function anyMap(labels = 254): fc.Arbitrary<LabelMap> {
  return fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
    .chain(([width, height]) =>
      fc
        .uint8Array({ minLength: width * height, maxLength: width * height, max: labels })
        .map((data) => new LabelMap(width, height, data)),
    );
}

/** An editor of this map over a black frame. */
export function editorOf(map: LabelMap, more: Partial<EditorSetup> = {}): Editor {
  const { width, height } = map;
  const data = new Uint8ClampedArray(width * height * 4);
  const frame = { width, height, data, colorSpace: 'srgb' as const };
  return new Editor({ map, frame, spacing: null, ...more });
}
