import { useCallback, useState } from 'react';

/** The last frame viewed in each cine, for the lifetime of the tab. */
const visited = new Map<string, number>();

/** The frame of an image that is open for drawing. */
export function useFrameChoice(imageId: string): [frame: number, open: (frame: number) => void] {
  const [, render] = useState(0);
  const open = useCallback(
    (frame: number) => {
      visited.set(imageId, frame);
      render((count) => count + 1);
    },
    [imageId],
  );
  return [visited.get(imageId) ?? 0, open];
}
