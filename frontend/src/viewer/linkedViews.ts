import type { ViewerState } from './state';
import type { Store } from './store';
import { turnTo } from './turn';

/**
 * Makes two pictures of any size move together: zoom and position relative to the picture's width;
 * turn, brightness, contrast and the style of outlines unchanged. The second one follows the first
 * until somebody moves it.
 */
export function linkViews(first: Store<ViewerState>, second: Store<ViewerState>): () => void {
  let busy = false;
  const follow = (from: Store<ViewerState>, to: Store<ViewerState>) => {
    if (busy) return;
    busy = true;
    const { view, fitted, image, display, overlay, turn } = from.get();
    to.set({ display, overlay });
    turnTo(to, turn);
    const other = to.get();
    // A fitted picture fits its own canvas.
    if (image && other.image && !fitted) {
      const scale = (view.scale * image.width) / other.image.width;
      const same = other.view.scale === scale && other.view.x === view.x && other.view.y === view.y;
      if (!same || other.fitted) to.set({ view: { ...view, scale }, fitted: false });
    }
    busy = false;
  };
  follow(first, second);
  const ends = [
    first.subscribe(() => follow(first, second)),
    second.subscribe(() => follow(second, first)),
  ];
  return () => {
    for (const end of ends) end();
  };
}
