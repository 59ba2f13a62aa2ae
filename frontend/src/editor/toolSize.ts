import { radiusOption, type ToolName, type ToolOptions } from './state';

const SMALLEST_RADIUS = 0.5;
const LARGEST_RADIUS = 200;

/** New size of a tool, between 0.5 and 200 px; null if the tool has no size. */
export function resized(
  tool: ToolName,
  options: ToolOptions,
  factor: number,
): Partial<ToolOptions> | null {
  const name = radiusOption(tool);
  if (!name) return null;
  const wished = options[name] * factor;
  // Steps of half a pixel: every key press changes something, and the number stays readable.
  const step =
    factor > 1 ? Math.max(options[name] + 0.5, wished) : Math.min(options[name] - 0.5, wished);
  const radius = Math.max(SMALLEST_RADIUS, Math.min(LARGEST_RADIUS, Math.round(step * 2) / 2));
  return { [name]: radius };
}
