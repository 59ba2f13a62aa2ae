import { type RefObject, useEffect } from 'react';
import { COMMANDS } from '../../app/commands';
import { keyNameOf, keysOf } from '../../app/ownKeys';
import { and, isForPage, on, useShortcuts } from '../../app/shortcuts';
import type { Editor } from '../../editor';
import { AS_STORED, limited } from '../../viewer/grayWindow';
import type { Stage } from '../../viewer/stage';
import { setDisplay, setOverlay, setText, turnImage, viewerStore } from './viewerStore';

interface Actions {
  stage: RefObject<Stage | null>;
  editor: Editor | null;
  onNext: () => void;
  onPrevious: () => void;
  /** Escape, if the editor had nothing to cancel. */
  onEscape: () => void;
  onBeside: () => void;
  onDifference: () => void;
  onTakePossible: () => void;
  onRejectPossible: () => void;
}

/** Shown while held: pressing and releasing repeatedly is the fastest way to compare. */
const HOLD = 'hold-model';

/** The page's keys; those of the editor take precedence (see `REPLACES_VIEWER`). */
export function useViewerShortcuts(actions: Actions): void {
  const { stage, editor } = actions;
  const camera = () => stage.current?.camera;
  const opacity = (step: number) => {
    const { overlay } = viewerStore.get();
    setOverlay({ opacity: Math.max(0, Math.min(1, Number((overlay.opacity + step).toFixed(2)))) });
  };
  const brightness = (step: number) =>
    setDisplay({ brightness: limited(viewerStore.get().display.brightness + step) });
  const contrast = (step: number) =>
    setDisplay({ contrast: limited(viewerStore.get().display.contrast + step) });

  useShortcuts(COMMANDS['next-image'].group, [
    and(on('next-image', actions.onNext), 'PageDown'),
    and(on('previous-image', actions.onPrevious), 'PageUp'),
    on('back', actions.onEscape),
  ]);
  useShortcuts(COMMANDS.fit.group, [
    on('zoom-in', () => camera()?.zoom(1.25)),
    on('zoom-out', () => camera()?.zoom(1 / 1.25)),
    on('fit', () => camera()?.fit()),
    on('actual-size', () => camera()?.actualSize()),
    on('brighter', () => brightness(5)),
    on('darker', () => brightness(-5)),
    on('more-contrast', () => contrast(5)),
    on('less-contrast', () => contrast(-5)),
    on('invert', () => setDisplay({ inverted: !viewerStore.get().display.inverted })),
    on('as-stored', () => viewerStore.set({ display: AS_STORED })),
    on('turn-right', () => turnImage('right')),
    on('turn-left', () => turnImage('left')),
    on('flip-across', () => turnImage('across')),
    on('flip-down', () => turnImage('down')),
    on('as-taken', () => turnImage(null)),
    on('outlines', () => setOverlay({ shown: !viewerStore.get().overlay.shown })),
    on('suspected-text', () => setText({ suspected: !viewerStore.get().text.suspected })),
    on('fill', () => setOverlay({ fill: !viewerStore.get().overlay.fill })),
    on('contour', () => setOverlay({ contour: !viewerStore.get().overlay.contour })),
    on('weaker-fill', () => opacity(-0.05)),
    on('stronger-fill', () => opacity(0.05)),
  ]);
  useShortcuts(COMMANDS[HOLD].group, [
    // The hook below handles it while the key is held; listed here for the shortcut map.
    { ...on(HOLD, () => {}), keys: [], shown: keyNameOf(HOLD) },
    on('model-beside', actions.onBeside),
    on('difference', actions.onDifference),
    on('take-possible', actions.onTakePossible),
    on('reject-possible', actions.onRejectPossible),
  ]);
  useHeldKey(editor);
}

function useHeldKey(editor: Editor | null): void {
  useEffect(() => {
    if (!editor) return;
    let former: ReturnType<typeof editor.state.get>['comparison']['mode'] | null = null;
    const down = (event: KeyboardEvent) => {
      if (!keysOf(HOLD).includes(event.key) || event.repeat || former || !isForPage(event)) return;
      former = editor.state.get().comparison.mode;
      editor.setComparison({ mode: 'before' });
    };
    const release = () => {
      if (!former) return;
      editor.setComparison({ mode: former });
      former = null;
    };
    const up = (event: KeyboardEvent) => keysOf(HOLD).includes(event.key) && release();
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', up);
    window.addEventListener('blur', release);
    return () => {
      release();
      window.removeEventListener('keydown', down);
      window.removeEventListener('keyup', up);
      window.removeEventListener('blur', release);
    };
  }, [editor]);
}
