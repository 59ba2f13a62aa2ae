import { askEarly } from '../api/early';
import { decodePixels } from '../viewer/pixels';
import { paintFirst } from './firstPicture';

/** The picture of the image that the page was opened with; null where it could not be had. */
type Poster = Promise<ImageData | null>;

let opened: { imageId: string; poster: Poster } | null = null;

/**
 * Asks for the first picture of the image that an address names, and for what is known of it, so
 * that both arrive while the page itself still loads. The picture is shown until the drawing is
 * there. False where the address names no image.
 */
export function fetchPoster(pathname: string): boolean {
  const imageId = /^\/ui\/images\/([0-9a-f-]{36})$/.exec(pathname)?.[1];
  if (!imageId) return false;
  if (opened?.imageId === imageId) return true;
  askEarly(`/images/${imageId}`);
  // Where it fails the page asks again and says why.
  opened = { imageId, poster: load(imageId).catch(() => null) };
  return true;
}

/** The picture that was asked for, if it is that of this image. */
export const posterOf = (imageId: string): Poster | null =>
  opened?.imageId === imageId ? opened.poster : null;

/** Paints the picture that an address names before the page is there; ends once it is seen. */
export async function paintPoster(): Promise<void> {
  const picture = await opened?.poster;
  if (!picture) return;
  paintFirst(picture);
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

/** Frees the picture: what it stood for is shown. */
export function dropPoster(): void {
  opened = null;
}

/**
 * The picture shown first: for a cine the one that plays, a third as large as the frame; for a
 * still the frame.
 */
async function load(imageId: string): Promise<ImageData> {
  const path = `/images/${imageId}/clip?first=0&count=1`;
  const answer = await fetch(path, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  // Four bytes before the picture say how large it is.
  return decodePixels((await answer.blob()).slice(4));
}
