/**
 * One frame of an image as one word: the image's id, and the frame's index behind it unless it is
 * the first. All that belongs to a frame (drawing, drafts, queries) goes by it.
 */
export const placeOf = (imageId: string, frame: number): string =>
  frame === 0 ? imageId : `${imageId}~${frame}`;

export const imageOf = (place: string): string => place.split('~', 1)[0] ?? place;

export const frameOf = (place: string): number => Number(place.split('~')[1] ?? 0);
