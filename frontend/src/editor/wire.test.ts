import { describe, expect, it } from 'vitest';
import { ellipse } from '../testing/maps';
import { fieldOf } from './speckle';
import { Wire } from './wire';

/** A dark ellipse in brighter tissue with multiplicative noise, as ultrasound has it. */
function speckled(width: number, height: number, a: number, b: number) {
  const inside = ellipse(width, height, { x: width / 2, y: height / 2 }, a, b);
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  let seed = 7;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  inside.data.forEach((label, i) => {
    const echo = (label ? 45 : 120) * (0.5 + random());
    for (let channel = 0; channel < 3; channel += 1) data[i * 4 + channel] = echo;
  });
  return { frame: { width, height, data, colorSpace: 'srgb' as const }, inside };
}

describe('scissors', () => {
  it('run along the edge of a speckled lesion, within 2.5 px on average', () => {
    const { frame } = speckled(256, 200, 70, 50);
    const wire = new Wire(fieldOf(frame), { x: 128 - 70, y: 100 });
    const way = wire.to({ x: 128 + 70, y: 100 }, 1000);
    const off = way.map(({ x, y }) => {
      const [u, v] = [x - 128, y - 100];
      const toEdge = 1 / Math.hypot(u / 70, v / 50);
      return Math.hypot(u, v) * Math.abs(1 - toEdge);
    });
    expect(way.length).toBeGreaterThan(140);
    expect(off.reduce((sum, one) => sum + one, 0) / off.length).toBeLessThan(2.5);
  });

  it('find the cheapest path, moving from neighbour to neighbour, and find it again', () => {
    const { frame } = speckled(64, 48, 20, 12);
    const field = fieldOf(frame);
    const wire = new Wire(field, { x: 3, y: 3 });
    const way = wire.to({ x: 60, y: 40 }, 1000);
    expect(way.at(-1)).toEqual({ x: 60.5, y: 40.5 });
    let at = { x: 3.5, y: 3.5 };
    for (const next of way) {
      expect(Math.max(Math.abs(next.x - at.x), Math.abs(next.y - at.y))).toBe(1);
      at = next;
    }
    expect(new Wire(field, { x: 3, y: 3 }).to({ x: 60, y: 40 }, 1000)).toEqual(way);
    const cost = (points: typeof way) => {
      let [sum, from] = [0, { x: 3.5, y: 3.5 }];
      for (const { x, y } of points) {
        const step = x !== from.x && y !== from.y ? 181 : 128;
        const own = field.cost[Math.floor(y) * 64 + Math.floor(x)] as number;
        sum += Math.max(1, (own * step) >> 7);
        from = { x, y };
      }
      return sum;
    };
    const straight = Array.from({ length: 57 }, (_, i) => ({
      x: 4.5 + i,
      y: 3.5 + Math.min(37, i + 1),
    }));
    expect(cost(way)).toBeLessThanOrEqual(cost(straight));
  });

  it('return a straight line if a move has too little time, and go on with the next move', () => {
    const { frame } = speckled(512, 384, 120, 80);
    const wire = new Wire(fieldOf(frame), { x: 2, y: 2 });
    expect(wire.to({ x: 509, y: 380 }, 0)).toEqual([{ x: 509, y: 380 }]);
    let way = wire.to({ x: 509, y: 380 }, 0);
    for (let moves = 0; moves < 200 && way.length === 1; moves += 1) {
      way = wire.to({ x: 509, y: 380 }, 0);
    }
    expect(way.length).toBeGreaterThan(500);
  });
});
