import { describe, expect, it } from 'vitest';
import { Lengths, type ScaleRegion } from './lengths';

const fine = { row: 0.2, column: 0.2 };
const coarse = { row: 0.5, column: 0.5 };

function region(left: number, kind: string, spacing: ScaleRegion['spacing'], top = 0): ScaleRegion {
  return { left, top, width: 100, height: 100, kind, spacing };
}

function box(left: number, top: number) {
  return { left, top, width: 20, height: 20 };
}

describe('a dual view', () => {
  const dual = new Lengths(null, [region(0, '2-d', fine), region(100, '2-d', coarse)]);

  it('measures each side with its own scale', () => {
    expect(dual.at({ left: 10, top: 10, width: 20, height: 20 })).toEqual(fine);
    expect(dual.at({ left: 150, top: 10, width: 20, height: 20 })).toEqual(coarse);
    expect(dual.along({ x: 110, y: 5 }, { x: 180, y: 90 })).toEqual({ spacing: coarse, why: null });
  });

  it('refuses a line and a lesion across both, and gives the reason for the line', () => {
    expect(dual.at({ left: 90, top: 10, width: 20, height: 20 })).toBeNull();
    const across = dual.along({ x: 50, y: 50 }, { x: 150, y: 50 });
    expect(across.spacing).toBeNull();
    expect(across.why).toContain('to another');
  });
});

describe('a spectrum next to a picture', () => {
  const duplex = new Lengths(fine, [region(0, '2-d', fine), region(100, 'spectral', null)]);

  it('is not measured in mm', () => {
    expect(duplex.along({ x: 150, y: 10 }, { x: 150, y: 60 }).why).toContain('no lengths');
    expect(duplex.along({ x: 10, y: 10 }, { x: 10, y: 60 }).spacing).toEqual(fine);
    expect(duplex.at(box(10, 10))).toEqual(fine);
    expect(duplex.at(box(120, 10))).toBeNull();
    expect(duplex.at(box(90, 10))).toBeNull();
  });

  it('is not measured over a picture either, in contrast to a trace', () => {
    for (const [kind, spacing] of [
      ['spectral', null],
      ['trace', fine],
    ] as const) {
      const over = new Lengths(fine, [region(0, '2-d', fine), region(0, kind, null, 50)]);
      expect(over.at(box(10, 60))).toEqual(spacing);
      expect(over.along({ x: 10, y: 60 }, { x: 50, y: 90 }).spacing).toEqual(spacing);
      expect(over.at(box(10, 110))).toBeNull();
    }
  });
});

describe('two pictures with the same scale', () => {
  const pair = new Lengths(fine, [region(0, '2-d', fine), region(100, '2-d', fine)]);

  it('stay separate: nothing is measured from one to the other', () => {
    expect(pair.at(box(90, 10))).toBeNull();
    expect(pair.along({ x: 50, y: 50 }, { x: 150, y: 50 }).why).toContain('to another');
    expect(pair.along({ x: 110, y: 50 }, { x: 190, y: 50 }).spacing).toEqual(fine);
  });

  it('a lesion that extends beyond one of them is measured', () => {
    expect(pair.at(box(10, 90))).toEqual(fine);
  });
});

it('colour flow is measured with its tissue', () => {
  const flow = { left: 40, top: 40, width: 20, height: 20, kind: 'colour', spacing: fine };
  const lengths = new Lengths(fine, [region(0, '2-d', fine), flow]);
  expect(lengths.along({ x: 10, y: 10 }, { x: 50, y: 50 })).toEqual({ spacing: fine, why: null });
});

it('gives no reason if nothing is known', () => {
  const silent = new Lengths(null, [region(0, '2-d', null)]);
  expect(silent.known).toBe(false);
  expect(silent.along({ x: 1, y: 1 }, { x: 9, y: 9 })).toEqual({ spacing: null, why: null });
});

it('treats a picture with one scale as a whole, even outside its regions', () => {
  const whole = new Lengths(fine);
  expect(whole.at({ left: 500, top: 0, width: 5, height: 5 })).toEqual(fine);
});
