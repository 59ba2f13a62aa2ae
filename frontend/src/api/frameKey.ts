/**
 * One frame of an image as one string: the image's id, followed by the frame's index unless it is
 * the first. Everything that belongs to a frame (drawing, drafts, queries) is keyed by it.
 */
export const frameKeyOf = (imageId: string, frame: number): string =>
  frame === 0 ? imageId : `${imageId}~${frame}`;

export const imageOf = (frameKey: string): string => frameKey.split('~', 1)[0] ?? frameKey;

export const frameOf = (frameKey: string): number => Number(frameKey.split('~')[1] ?? 0);
