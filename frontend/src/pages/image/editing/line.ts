import type { ImageDetail, Mask } from '../../../api/types';

/**
 * The revision that the person's next one builds upon, by the server's rule (`View.line`): a
 * blind reader goes on from the own work or a model's, everybody else from what was not drawn
 * blind. It need not be the newest that may be seen.
 */
export function newestInLine(
  image: Pick<ImageDetail, 'masks' | 'reading' | 'readings'>,
): Mask | null {
  const { masks, reading, readings } = image;
  if (reading?.blind) {
    const mine = (mask: Mask) => mask.author?.id === reading.reader.id;
    return masks.find((mask) => mask.source === 'model' || mine(mask)) ?? null;
  }
  const blind = new Set(readings.filter((one) => one.blind).map((one) => one.id));
  return masks.find(({ reading_id: id }) => id === null || !blind.has(id)) ?? null;
}
