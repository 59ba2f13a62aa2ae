import type { ImageDetail, Mask } from '../api/types';

/**
 * The revision that the person's next one builds upon, by the server's rule (`View.line`): a
 * blind reader goes on from the own work or a model's, everybody else from what was not drawn
 * blind; and what a person drew goes before what a model says, however new. It need not be the
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
