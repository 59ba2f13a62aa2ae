import { describe, expect, it } from 'vitest';
import { blank, ellipse } from '../testing/maps';
import { components } from './components';
import type { Coverage } from './coverage';
import type { LabelMap } from './labelMap';
import { regionAt } from './regions';
import { grownFrom } from './seeds';
import { fieldOf } from './speckle';
import { SCRIBBLE } from './state';

/** Two dark discs, the second one 60 px to the right, on a brighter background. */
function discs(): { frame: ReturnType<typeof frameOf>; first: LabelMap; second: LabelMap } {
  const first = ellipse(160, 100, { x: 50, y: 50 }, 22, 18);
  const second = ellipse(160, 100, { x: 115, y: 50 }, 15, 15);
  return { frame: frameOf(first, second), first, second };
}

function frameOf(first: LabelMap, second: LabelMap) {
  const { width, height } = first;
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  first.data.forEach((own, i) => {
    const echo = (own || second.data[i] ? 50 : 130) + ((i * 7919) % 13);
    for (let channel = 0; channel < 3; channel += 1) data[i * 4 + channel] = echo;
  });
  return { width, height, data, colorSpace: 'srgb' as const };
}

function dice(found: Coverage | null, wanted: LabelMap): number {
  if (!found) return 0;
  let [both, sum] = [0, 0];
  wanted.data.forEach((own, i) => {
    const x = (i % wanted.width) - found.box.left;
    const y = Math.floor(i / wanted.width) - found.box.top;
    const within = x >= 0 && y >= 0 && x < found.box.width && y < found.box.height;
    const has = within && found.inside[y * found.box.width + x] === 1 ? 1 : 0;
    both += has * own;
    sum += has + own;
  });
  return (2 * both) / sum;
}

describe('the wand', () => {
  it('selects the connected pixels that are as grey, and none beyond its radius', () => {
    const { frame, first } = discs();
    const found = regionAt(fieldOf(frame), { x: 50, y: 50 }, 'connected', 60, 30);
    expect(dice(found, first)).toBeGreaterThan(0.95);
    const near = regionAt(fieldOf(frame), { x: 50, y: 50 }, 'connected', 10, 30);
    expect(near?.box).toEqual({ left: 40, top: 40, width: 21, height: 21 });
    expect(near?.inside[0]).toBe(0);
  });

  it('also selects separate pixels, like a threshold, within the radius', () => {
    const { frame, first, second } = discs();
    const both = first.clone();
    second.data.forEach((own, i) => {
      if (own) both.data[i] = 1;
    });
    const found = regionAt(fieldOf(frame), { x: 50, y: 50 }, 'all', 90, 30);
    expect(dice(found, both)).toBeGreaterThan(0.93);
    const nearer = regionAt(fieldOf(frame), { x: 50, y: 50 }, 'all', 40, 30);
    expect(dice(nearer, first)).toBeGreaterThan(0.93);
  });

  it('selects the area within the line of equal grey through a pixel of the edge', () => {
    const { frame, first } = discs();
    const found = regionAt(fieldOf(frame), { x: 72, y: 50 }, 'level', 60, 0);
    expect(dice(found, first)).toBeGreaterThan(0.9);
  });

  it('selects nothing outside the image', () => {
    const { frame } = discs();
    expect(regionAt(fieldOf(frame), { x: -3, y: 5 }, 'connected', 20, 30)).toBeNull();
  });
});

describe('growing from scribbles', () => {
  const scribbled = (marks: readonly [number, number, 'lesion' | 'not-lesion'][]) => {
    const map = blank(160, 100);
    for (const [x, y, kind] of marks) {
      for (let dy = -2; dy <= 2; dy += 1) {
        for (let dx = -6; dx <= 6; dx += 1) {
          map.data[(y + dy) * 160 + x + dx] = SCRIBBLE[kind];
        }
      }
    }
    return map;
  };

  it('finds the lesion between a scribble on it and one on the background', () => {
    const { frame, first } = discs();
    const marks = scribbled([
      [50, 50, 'lesion'],
      [82, 50, 'not-lesion'],
    ]);
    expect(dice(grownFrom(fieldOf(frame), marks), first)).toBeGreaterThan(0.9);
  });

  it('treats the surroundings as background if there is no scribble on it', () => {
    const { frame, first } = discs();
    const marks = scribbled([[50, 50, 'lesion']]);
    expect(dice(grownFrom(fieldOf(frame), marks), first)).toBeGreaterThan(0.85);
  });

  it('assigns every pixel to one side: none is left out in between', () => {
    const { frame } = discs();
    const grown = grownFrom(fieldOf(frame), scribbled([[50, 50, 'lesion']]));
    const { width = 0, height = 0 } = grown?.box ?? {};
    const outside = components(width, height, (i) => Number(grown?.inside[i] === 0), true);
    expect(outside.found.length).toBe(1);
  });

  it('keeps scribbled pixels, and grows nothing without one on the lesion', () => {
    const { frame } = discs();
    const marks = scribbled([
      [50, 50, 'lesion'],
      [50, 60, 'not-lesion'],
    ]);
    const grown = grownFrom(fieldOf(frame), marks);
    const at = (x: number, y: number) =>
      grown?.inside[(y - grown.box.top) * grown.box.width + x - grown.box.left];
    expect([at(50, 50), at(50, 60)]).toEqual([1, 0]);
    expect(grownFrom(fieldOf(frame), scribbled([[20, 20, 'not-lesion']]))).toBeNull();
  });
});
