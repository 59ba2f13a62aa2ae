/** Round numbers from 0 or below to at least `max`, about `count` of them: 1, 2 or 5 × 10ⁿ apart. */
export function ticks(min: number, max: number, count = 4): number[] {
  if (!(max > min)) return ticks(min, min + 1, count);
  const rough = (max - min) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10) * power;
  const from = Math.floor(min / step + 1e-9);
  const to = Math.ceil(max / step - 1e-9);
  // Multiplied instead of added up: 0.1 + 0.2 is not 0.3.
  return Array.from({ length: to - from + 1 }, (_, i) =>
    Number(((from + i) * step).toPrecision(12)),
  );
}

/** A linear map of `[from, to]` onto `[start, end]`. */
export function linear(from: number, to: number, start: number, end: number) {
  const span = to - from || 1;
  return (value: number): number => start + ((value - from) / span) * (end - start);
}

/** The n for which every n-th of `count` labels, `needed` px each, fits into `width`. */
export function labelStep(count: number, width: number, needed: number): number {
  if (count <= 1 || width <= 0) return 1;
  return Math.max(1, Math.ceil((needed * count) / width));
}

/** Runs of consecutive values; a gap in the data is a gap in the line. */
export function unbroken(values: readonly (number | null)[]): { index: number; value: number }[][] {
  const runs: { index: number; value: number }[][] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    const run = runs.at(-1);
    if (run && run.at(-1)?.index === index - 1) run.push({ index, value });
    else runs.push([{ index, value }]);
  });
  return runs;
}
