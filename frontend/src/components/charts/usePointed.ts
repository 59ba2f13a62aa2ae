import { type PointerEvent, useState } from 'react';

/** The one of `count` positions, evenly spread over the plot's width, at which the pointer is. */
export function usePointed(count: number, left: number, right: number) {
  const [pointed, setPointed] = useState<number | null>(null);
  return {
    pointed: pointed !== null && pointed < count ? pointed : null,
    handlers: {
      onPointerMove: (event: PointerEvent<SVGSVGElement>) => {
        const box = event.currentTarget.getBoundingClientRect();
        const share = (event.clientX - box.left - left) / Math.max(1, box.width - left - right);
        const at = Math.floor(share * count);
        setPointed(at >= 0 && at < count ? at : null);
      },
      onPointerLeave: () => setPointed(null),
    },
  };
}
