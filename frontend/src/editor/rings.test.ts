import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMap, ellipse } from '../testing/maps';
import { LabelMap } from './labelMap';
import { PixelCounts } from './pixelCounts';
import { filled, handlePositionOn, holds, outlineOf, ringsOf, withHandleAt } from './rings';

/** A lesion reassembled from its boundaries: parts minus holes plus inner parts. */
function again(map: LabelMap, label: number): LabelMap {
  const box = new PixelCounts(map).box(label);
  const out = new LabelMap(map.width, map.height);
  if (!box) return out;
  const rings = ringsOf(map, label, box);
  for (let i = 0; i < out.data.length; i += 1) {
    const [x, y] = [i % map.width, Math.floor(i / map.width)];
    const depth = rings.reduce(
      (sum, ring) => sum + (holds(filled(ring), x, y) ? (ring.hole ? -1 : 1) : 0),
      0,
    );
    out.data[i] = Number(depth > 0);
  }
  return out;
}

describe('the boundaries of a lesion', () => {
  it('enclose exactly its pixels, including parts that touch at a corner and holes', () => {
    fc.assert(
      fc.property(anyMap(2), (map) => {
        expect(again(map, 1).data).toEqual(map.only(1).data);
      }),
    );
  });

  it('have few handles, all of them on the boundary', () => {
    const map = ellipse(200, 160, { x: 100, y: 80 }, 70, 45);
    const [ring] = ringsOf(map, 1, map.box);
    expect(ring?.handles.length).toBeLessThan(25);
    expect(ring?.handles.length).toBeGreaterThan(7);
    for (const { x, y } of ring?.handles ?? []) {
      const off = ((x - 100) / 70) ** 2 + ((y - 80) / 45) ** 2;
      expect(Math.abs(off - 1)).toBeLessThan(0.06);
    }
  });

  it('stay unchanged when a handle is added', () => {
    const map = ellipse(60, 60, { x: 30, y: 30 }, 20, 12, 30);
    const [ring] = ringsOf(map, 1, map.box);
    if (!ring) throw new Error('There is a boundary.');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }), (x, y) => {
        const more = withHandleAt(ring, handlePositionOn(ring, { x, y }));
        expect(more.handles.length).toBe(ring.handles.length + 1);
        expect(outlineOf(more).length).toBe(outlineOf(ring).length + 1);
        expect(filled(more)).toEqual(filled(ring));
      }),
    );
  });
});
