/**
 * One frame of an image as one word: the image's id, and the frame's index behind it unless it is
 * the first. All that belongs to a frame (drawing, drafts, queries) goes by it.
 */
export const frameKeyOf = (imageId: string, frame: number): string =>
  frame === 0 ? imageId : `${imageId}~${frame}`;

export const imageOf = (frameKey: string): string => frameKey.split('~', 1)[0] ?? frameKey;

export const frameOf = (frameKey: string): number => Number(frameKey.split('~')[1] ?? 0);
