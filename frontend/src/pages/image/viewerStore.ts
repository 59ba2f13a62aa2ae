import { useSyncExternalStore } from 'react';
import {
  INITIAL_STATE,
  OVERLAY_DEFAULT,
  type OverlayStyle,
  type TextStyle,
  type ViewerState,
} from '../../viewer/state';
import { Store } from '../../viewer/store';
import { AS_TAKEN, type TurnStep, turnedBy, turnTo } from '../../viewer/turn';

const KEY = 'sonoloop.viewer.overlay';

/** A reader's settings are kept; unreadable stored values fall back to the defaults. */
export function readOverlayStyle(stored: string | null): OverlayStyle {
  try {
    const value = JSON.parse(stored ?? '{}') as Partial<Record<keyof OverlayStyle, unknown>>;
    const flag = (name: 'fill' | 'contour') =>
      typeof value[name] === 'boolean' ? value[name] : OVERLAY_DEFAULT[name];
    const opacity = value.opacity;
    return {
      // Always on for a new visit: a hidden overlay looks like "no lesion".
      shown: true,
      fill: flag('fill'),
      contour: flag('contour'),
      opacity:
        typeof opacity === 'number' && opacity >= 0 && opacity <= 1
          ? opacity
          : OVERLAY_DEFAULT.opacity,
    };
  } catch {
    return OVERLAY_DEFAULT;
  }
}

/** One store per tab: window and overlay carry over from image to image. */
export const viewerStore = new Store<ViewerState>({
  ...INITIAL_STATE,
  overlay: readOverlayStyle(localStorage.getItem(KEY)),
});

viewerStore.subscribe(() => {
  const text = JSON.stringify(viewerStore.get().overlay);
  if (localStorage.getItem(KEY) !== text) localStorage.setItem(KEY, text);
});

/** Part of the viewer's state; the component re-renders only when that part changes. */
export function useViewer<T>(select: (state: ViewerState) => T): T {
  return useSyncExternalStore(viewerStore.subscribe, () => select(viewerStore.get()));
}

export function setOverlay(change: Partial<OverlayStyle>): void {
  viewerStore.set({ overlay: { ...viewerStore.get().overlay, ...change } });
}

export function setText(change: Partial<TextStyle>): void {
  viewerStore.set({ text: { ...viewerStore.get().text, ...change } });
}

/** Turns or flips the image on screen only; null shows it as taken. */
export function turnImage(step: TurnStep | null): void {
  turnTo(viewerStore, step ? turnedBy(viewerStore.get().turn, step) : AS_TAKEN);
}

export function setDisplay(change: Partial<ViewerState['display']>): void {
  viewerStore.set({ display: { ...viewerStore.get().display, ...change } });
}
