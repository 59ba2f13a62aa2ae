/** Names whose case or form the plain rewriting would lose. */
const NAMES: Record<string, string> = {
  macs: 'Multiply-adds',
  onnx_parity_max_logit_difference: 'ONNX against PyTorch, largest difference of logits',
  iou_mean: 'IoU, mean per image',
  dice_mean: 'Dice, mean per image',
  iou_pooled: 'IoU, pooled',
  boundary_f: 'Boundary F-score',
  iou: 'IoU',
  dice: 'Dice',
  hd95: 'HD95',
  lesion_iou_mean: 'Lesion IoU, mean per image',
  lesion_dice_mean: 'Lesion Dice, mean per image',
  lesion_iou_pooled: 'Lesion IoU, pooled',
  'bus-bra': 'BUS-BRA',
  bus_bra: 'BUS-BRA',
  busbra: 'BUS-BRA',
  mmotu: 'MMOTU',
};

function nameOf(key: string): string {
  const known = NAMES[key.toLowerCase()];
  if (known) return known;
  const words = key.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') {
    if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(1);
    if (!Number.isInteger(value)) return String(Number(value.toPrecision(4)));
    if (Math.abs(value) >= 1e9) return `${(value / 1e9).toPrecision(3)} G`;
    if (Math.abs(value) >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
    return value.toLocaleString('en');
  }
  if (Array.isArray(value)) return value.map(formatValue).join(', ');
  return String(value);
}

/** An entry of a list: its own name first, then what else it says. */
function entryText(entry: unknown): string {
  if (entry === null || typeof entry !== 'object') return formatValue(entry);
  return Object.entries(entry)
    .map(([key, value]) =>
      key === 'name' || typeof value === 'string'
        ? formatValue(value)
        : `${nameOf(key).toLowerCase()} ${formatValue(value)}`,
    )
    .join('; ');
}

/** A line for a list of the card: text as it is, an object as its parts. */
export function lineOf(entry: unknown): string {
  return entry !== null && typeof entry === 'object'
    ? Object.values(entry).map(formatValue).join(': ')
    : formatValue(entry);
}

/**
 * A part of a model card, whose inner names are free, as lines of name and value. Objects in it
 * become names joined by a dot in the middle: "MMOTU · IoU".
 */
export function factsOf(
  part: Record<string, unknown> | undefined,
  prefix = '',
): [string, string][] {
  return Object.entries(part ?? {}).flatMap(([key, value]): [string, string][] => {
    const name = prefix ? `${prefix} · ${nameOf(key)}` : nameOf(key);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      return factsOf(value as Record<string, unknown>, name);
    }
    if (Array.isArray(value) && value.some((item) => item !== null && typeof item === 'object')) {
      return value.map((item): [string, string] => [name, entryText(item)]);
    }
    return [[name, formatValue(value)]];
  });
}
