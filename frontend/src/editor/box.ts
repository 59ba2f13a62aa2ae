/** A rectangle of whole pixels, with the API's names; right and bottom are exclusive. */
export interface Box {
  top: number;
  left: number;
  width: number;
  height: number;
}

/** The smallest box around both boxes. */
export function union(a: Box | null, b: Box | null): Box | null {
  if (!a || !b) return a ?? b;
  const left = Math.min(a.left, b.left);
  const top = Math.min(a.top, b.top);
  return {
    left,
    top,
    width: Math.max(a.left + a.width, b.left + b.width) - left,
    height: Math.max(a.top + a.height, b.top + b.height) - top,
  };
}

/** The overlap of two boxes, or null. */
export function intersection(a: Box, b: Box): Box | null {
  const left = Math.max(a.left, b.left);
  const top = Math.max(a.top, b.top);
  const width = Math.min(a.left + a.width, b.left + b.width) - left;
  const height = Math.min(a.top + a.height, b.top + b.height) - top;
  return width > 0 && height > 0 ? { left, top, width, height } : null;
}

export function grown(box: Box, margin: number): Box {
  return {
    left: box.left - margin,
    top: box.top - margin,
    width: box.width + 2 * margin,
    height: box.height + 2 * margin,
  };
}

/** The smallest box of whole pixels around an area with fractional limits. */
export function boxAround(left: number, top: number, right: number, bottom: number): Box {
  const x = Math.floor(left);
  const y = Math.floor(top);
  return { left: x, top: y, width: Math.ceil(right) - x, height: Math.ceil(bottom) - y };
}
