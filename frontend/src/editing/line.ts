import type { ImageDetail, Mask } from '../api/types';

/**
 * The revision that the person's next one builds on, by the server's rule (`View.line`): a
 * blind reader continues from their own work or a model's, everyone else from work not drawn
 * blind; a person's drawing takes precedence over a model's, however new. It need not be the
 * newest that may be seen.
 */
export function newestInLine(
  image: Pick<ImageDetail, 'masks' | 'reading' | 'readings'>,
): Mask | null {
  const { masks, reading, readings } = image;
  const blind = new Set(readings.filter((one) => one.blind).map((one) => one.id));
  const inLine = reading?.blind
    ? (mask: Mask) => mask.source === 'model' || mask.author?.id === reading.reader.id
    : ({ reading_id: id }: Mask) => id === null || !blind.has(id);
  const line = masks.filter(inLine);
  return line.find(({ source }) => source !== 'model') ?? line[0] ?? null;
}
