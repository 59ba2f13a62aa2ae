import type { RefObject } from 'react';
import type { Lesion } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { AS_STORED, limited } from '../../viewer/grayWindow';
import type { Stage } from '../../viewer/stage';
import { setDisplay, setOverlay, viewerStore } from './viewerStore';

interface Actions {
  stage: RefObject<Stage | null>;
  lesions: readonly Lesion[];
  onNext: () => void;
  onPrevious: () => void;
  onClose: () => void;
  onDelete: () => void;
}

const PAN_CSS_PX = 60;

export function useViewerShortcuts(actions: Actions): void {
  const { stage, lesions } = actions;
  const camera = () => stage.current?.camera;
  const pan = (x: number, y: number) => {
    const step = PAN_CSS_PX * viewerStore.get().ratio;
    camera()?.pan(x * step, y * step);
  };
  const opacity = (step: number) => {
    const { overlay } = viewerStore.get();
    setOverlay({ opacity: Math.max(0, Math.min(1, Number((overlay.opacity + step).toFixed(2)))) });
  };
  const brightness = (step: number) =>
    setDisplay({ brightness: limited(viewerStore.get().display.brightness + step) });
  const contrast = (step: number) =>
    setDisplay({ contrast: limited(viewerStore.get().display.contrast + step) });
  const nextLesion = () => {
    if (lesions.length === 0) return;
    const at = lesions.findIndex(({ label }) => label === viewerStore.get().selected);
    const lesion = lesions[(at + 1) % lesions.length];
    if (!lesion) return;
    viewerStore.set({ selected: lesion.label });
    camera()?.reveal(lesion.box);
  };

  useShortcuts('Image', [
    {
      keys: ['ArrowRight', 'j'],
      shown: '→ j',
      label: 'Next image',
      run: (event) => (event.shiftKey ? pan(-1, 0) : actions.onNext()),
    },
    {
      keys: ['ArrowLeft', 'k'],
      shown: '← k',
      label: 'Previous image',
      run: (event) => (event.shiftKey ? pan(1, 0) : actions.onPrevious()),
    },
    { keys: ['ArrowUp'], shown: '↑ ↓ ⇧← ⇧→', label: 'Pan', run: () => pan(0, 1) },
    { keys: ['Escape'], shown: 'Esc', label: 'Back to the worklist', run: actions.onClose },
    { keys: ['Delete'], shown: 'Del', label: 'Delete the image', run: actions.onDelete },
  ]);
  useShortcuts('View', [
    { keys: ['+', '='], shown: '+', label: 'Larger', run: () => camera()?.zoom(1.25) },
    { keys: ['-', '_'], shown: '−', label: 'Smaller', run: () => camera()?.zoom(1 / 1.25) },
    { keys: ['0'], label: 'Fit', run: () => camera()?.fit() },
    { keys: ['1'], label: 'One image pixel per screen pixel', run: () => camera()?.actualSize() },
    {
      keys: ['b', 'B'],
      shown: 'b ⇧b',
      label: 'Brighter, darker',
      run: (e) => brightness(e.shiftKey ? -5 : 5),
    },
    {
      keys: ['n', 'N'],
      shown: 'n ⇧n',
      label: 'More, less contrast',
      run: (e) => contrast(e.shiftKey ? -5 : 5),
    },
    {
      keys: ['i'],
      label: 'Invert',
      run: () => setDisplay({ inverted: !viewerStore.get().display.inverted }),
    },
    {
      keys: ['r'],
      label: 'Brightness and contrast as stored',
      run: () => viewerStore.set({ display: AS_STORED }),
    },
  ]);
  useShortcuts('Lesions', [
    {
      keys: ['o', ' '],
      shown: 'o Space',
      label: 'Overlay on and off',
      run: () => setOverlay({ shown: !viewerStore.get().overlay.shown }),
    },
    {
      keys: ['f'],
      label: 'Fill on and off',
      run: () => setOverlay({ fill: !viewerStore.get().overlay.fill }),
    },
    {
      keys: ['c'],
      label: 'Contour on and off',
      run: () => setOverlay({ contour: !viewerStore.get().overlay.contour }),
    },
    { keys: ['['], shown: '[ ]', label: 'Fill weaker, stronger', run: () => opacity(-0.05) },
    { keys: ['l'], label: 'Next lesion', run: nextLesion },
  ]);
  useHiddenShortcuts(pan, opacity);
}

/** Second keys of a pair that the map already shows with the first. */
function useHiddenShortcuts(
  pan: (x: number, y: number) => void,
  opacity: (step: number) => void,
): void {
  useShortcuts('', [
    { keys: ['ArrowDown'], label: 'Pan down', run: () => pan(0, -1) },
    { keys: [']'], label: 'Fill stronger', run: () => opacity(0.05) },
  ]);
}
