import { askEarly } from '../api/early';
import { decodePixels } from '../viewer/pixels';
import { findFirst, removeFirst } from './firstPicture';

/** The picture of the image that the page was opened with; null if it could not be loaded. */
type Poster = Promise<ImageData | null>;

let opened: { imageId: string; seen: Promise<void>; poster: Poster } | null = null;

/**
 * Requests the first picture of the image in an address, and the image's data, so
 * that both arrive while the page itself still loads. If the page was opened with this address,
 * the picture is already in it. Returns false if the address names no image.
 */
export function fetchPoster(pathname: string): boolean {
  const imageId = /^\/ui\/images\/([0-9a-f-]{36})$/.exec(pathname)?.[1];
  if (!imageId) return false;
  if (opened?.imageId === imageId) return true;
  askEarly(`/images/${imageId}`);
  const path = `/images/${imageId}/poster`;
  const picture = findFirst(path);
  // If it fails, the page requests it again and reports the reason.
  const seen = picture ? isSeen(picture).catch(removeFirst) : Promise.resolve();
  const loaded = picture ? seen.then(() => decodePixels(picture)) : load(path);
  opened = { imageId, seen, poster: loaded.catch(() => null) };
  return true;
}

/** The requested picture, if it belongs to this image. */
export const posterOf = (imageId: string): Poster | null =>
  opened?.imageId === imageId ? opened.poster : null;

/** Resolves once the picture is visible, or can no longer become visible. */
export const posterSeen = async (): Promise<void> => opened?.seen;

/** Frees the picture once the real one is shown. */
export function dropPoster(): void {
  opened = null;
}

async function isSeen(picture: HTMLImageElement): Promise<void> {
  await picture.decode();
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

async function load(path: string): Promise<ImageData> {
  const answer = await fetch(path, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return decodePixels(await answer.blob());
}
