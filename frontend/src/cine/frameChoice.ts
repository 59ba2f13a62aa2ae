import { useCallback, useState } from 'react';

/** Where people were in each cine, for as long as the tab lives. */
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
