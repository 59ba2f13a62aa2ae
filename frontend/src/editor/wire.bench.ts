import { bench, describe } from 'vitest';
import { fieldOf } from './speckle';
import { Wire } from './wire';

/** A frame of 1024 × 768 px of noise: no edge offers a cheap path. */
function noise() {
  const data = new Uint8ClampedArray(1024 * 768 * 4);
  let seed = 3;
  for (let i = 0; i < data.length; i += 1) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    data[i] = seed >> 23;
  }
  return { width: 1024, height: 768, data, colorSpace: 'srgb' as const };
}

describe('scissors at 1024 × 768 px', () => {
  const frame = noise();
  const field = fieldOf(frame);
  let wire = new Wire(field, { x: 512, y: 384 });
  let moves = 0;
  // `npx vitest bench src/editor/wire.bench.ts`: p99 and max are for one move.
  bench('a pointer move, ever further from the last point', () => {
    moves += 1;
    if (moves % 60 === 0) wire = new Wire(field, { x: 512, y: 384 });
    const reach = (moves % 60) * 6;
    wire.to({ x: 512 + reach, y: 384 + reach / 2 }, 8);
  });
  bench('selecting the tool: the speckle-reduced picture and its gradient', () => {
    fieldOf({ ...frame });
  });
});
