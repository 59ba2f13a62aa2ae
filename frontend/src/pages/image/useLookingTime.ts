import { useEffect } from 'react';
import type { ActivityClock } from '../../editor';

const SIGNS = ['pointermove', 'pointerdown', 'wheel', 'keydown', 'scroll'] as const;

/** Counts the time spent looking at the image, drawing or not, while the page is visible. */
export function useLookingTime(activity: ActivityClock): void {
  useEffect(() => {
    const touch = () => {
      if (document.visibilityState === 'visible') activity.touch();
    };
    const shown = () => {
      if (document.visibilityState === 'visible') activity.touch();
      else activity.pause();
    };
    touch();
    const passive = { passive: true, capture: true };
    for (const sign of SIGNS) window.addEventListener(sign, touch, passive);
    document.addEventListener('visibilitychange', shown);
    return () => {
      for (const sign of SIGNS) window.removeEventListener(sign, touch, passive);
      document.removeEventListener('visibilitychange', shown);
    };
  }, [activity]);
}
