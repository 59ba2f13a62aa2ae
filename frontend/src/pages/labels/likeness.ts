// Colours as seen with the two common kinds of colour blindness, after Viénot, Brettel and Mollon
// (1999), in linear RGB.
type Rgb = readonly [number, number, number];

const NORMAL = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;
const PROTAN = [0.1124, 0.8876, 0, 0.1124, 0.8876, 0, 0.004, -0.004, 1] as const;
const DEUTAN = [0.2928, 0.7072, 0, 0.2928, 0.7072, 0, -0.0223, 0.0223, 1] as const;

/** Below this difference (CIE 1976) two thin outlines are hard to tell apart. */
const ALIKE = 12;

const linear = (value: number) =>
  value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;

function rgbOf(colour: string): Rgb {
  const part = (at: number) => linear(Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  return [part(1), part(3), part(5)];
}

function seen([r, g, b]: Rgb, m: readonly number[]): Rgb {
  const row = (at: number) =>
    Math.max(0, (m[at] ?? 0) * r + (m[at + 1] ?? 0) * g + (m[at + 2] ?? 0) * b);
  return [row(0), row(3), row(6)];
}

function lab([r, g, b]: Rgb): Rgb {
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27) * (t / 116) + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** The smallest difference between two colours (#rrggbb) over normal and colour-blind vision. */
export function difference(a: string, b: string): number {
  const [one, other] = [rgbOf(a), rgbOf(b)];
  return Math.min(
    ...[NORMAL, PROTAN, DEUTAN].map((sight) => {
      const [p, q] = [lab(seen(one, sight)), lab(seen(other, sight))];
      return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
    }),
  );
}

/** Names of classes whose colour some people cannot tell from this one's. */
export function alike(
  one: { id: string; colour: string },
  others: readonly { id: string; name: string; colour: string; archived: boolean }[],
): string[] {
  return others
    .filter(({ id, archived }) => id !== one.id && !archived)
    .filter(({ colour }) => difference(one.colour, colour) < ALIKE)
    .map(({ name }) => name);
}
