// Window and level, the two numbers of every reading station, controlled by the two that people
// know: brightness and contrast from -100 to 100.

export interface Display {
  /** -100..100, 0 is as stored. */
  brightness: number;
  /** -100..100, 0 is as stored. */
  contrast: number;
  inverted: boolean;
}

export const AS_STORED: Display = { brightness: 0, contrast: 0, inverted: false };

/** Grey values level - width/2 .. level + width/2 are mapped to black .. white. */
export interface GrayWindow {
  level: number;
  width: number;
}

export function windowOf(display: Display): GrayWindow {
  return {
    level: 127.5 - display.brightness * 1.275,
    width: 255 * 2 ** (-display.contrast / 50),
  };
}

export function isAsStored(display: Display): boolean {
  return display.brightness === 0 && display.contrast === 0 && !display.inverted;
}

export function limited(value: number): number {
  return Math.max(-100, Math.min(100, Math.round(value)));
}

/** The displayed value for each of the 256 stored values. */
export function lookupTable(display: Display): Uint8ClampedArray {
  const { level, width } = windowOf(display);
  const table = new Uint8ClampedArray(256);
  for (let value = 0; value < 256; value += 1) {
    const shown = ((value - level) / width + 0.5) * 255;
    table[value] = display.inverted ? 255 - shown : shown;
  }
  return table;
}

/** Maps source to target by the table; both RGBA of the same length, alpha opaque. */
export function applyTable(
  source: Uint8ClampedArray,
  target: Uint8ClampedArray,
  table: Uint8ClampedArray,
): void {
  for (let i = 0; i < source.length; i += 4) {
    target[i] = table[source[i] as number] as number;
    target[i + 1] = table[source[i + 1] as number] as number;
    target[i + 2] = table[source[i + 2] as number] as number;
    target[i + 3] = 255;
  }
}
