import { t } from '@lingui/core/macro';
import { type RefObject, useEffect } from 'react';
import { isForPage, useShortcuts } from '../../app/shortcuts';
import type { Editor } from '../../editor';
import { AS_STORED, limited } from '../../viewer/grayWindow';
import type { Stage } from '../../viewer/stage';
import { TAKE_KEY } from './possible/PossibleList';
import { setDisplay, setOverlay, setText, viewerStore } from './viewerStore';

interface Actions {
  stage: RefObject<Stage | null>;
  editor: Editor | null;
  onNext: () => void;
  onPrevious: () => void;
  /** Escape, where the editor had nothing to take back. */
  onEscape: () => void;
  onBeside: () => void;
  onDifference: () => void;
  onTakePossible: () => void;
}

/** Shown while held: looking, letting go and looking again is the quickest comparison. */
const HOLD_KEY = '2';

/** The page's keys beside those of the editor, which come first (see `REPLACES_VIEWER`). */
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

  useShortcuts(t`Image`, [
    { keys: ['j', 'PageDown'], shown: 'j PgDn', label: t`Next image`, run: actions.onNext },
    { keys: ['k', 'PageUp'], shown: 'k PgUp', label: t`Previous image`, run: actions.onPrevious },
    { keys: ['Escape'], shown: t`Esc`, label: t`Back, one step at a time`, run: actions.onEscape },
  ]);
  useShortcuts(t`View`, [
    { keys: ['+', '='], shown: '+', label: t`Zoom in`, run: () => camera()?.zoom(1.25) },
    { keys: ['-', '_'], shown: '−', label: t`Smaller`, run: () => camera()?.zoom(1 / 1.25) },
    { keys: ['0'], label: t`Fit`, run: () => camera()?.fit() },
    { keys: ['1'], label: t`One image pixel per screen pixel`, run: () => camera()?.actualSize() },
    {
      keys: ['b', 'B'],
      shown: 'b ⇧b',
      label: t`Brighter, darker`,
      run: (e) => brightness(e.shiftKey ? -5 : 5),
    },
    {
      keys: ['n', 'N'],
      shown: 'n ⇧n',
      label: t`More, less contrast`,
      run: (e) => contrast(e.shiftKey ? -5 : 5),
    },
    {
      keys: ['i'],
      label: t`Invert`,
      run: () => setDisplay({ inverted: !viewerStore.get().display.inverted }),
    },
    {
      keys: ['R'],
      shown: '⇧r',
      label: t`Brightness and contrast as stored`,
      run: () => viewerStore.set({ display: AS_STORED }),
    },
    {
      keys: ['o'],
      label: t`Outlines on and off`,
      run: () => setOverlay({ shown: !viewerStore.get().overlay.shown }),
    },
    {
      keys: ['T'],
      shown: '⇧t',
      label: t`What looks like text on and off`,
      run: () => setText({ suspected: !viewerStore.get().text.suspected }),
    },
    {
      keys: ['f'],
      label: t`Fill on and off`,
      run: () => setOverlay({ fill: !viewerStore.get().overlay.fill }),
    },
    {
      keys: ['c'],
      label: t`Contour on and off`,
      run: () => setOverlay({ contour: !viewerStore.get().overlay.contour }),
    },
    {
      keys: ['<', '>'],
      shown: '< >',
      label: t`Fill weaker, stronger`,
      run: (event) => opacity(event.key === '<' ? -0.05 : 0.05),
    },
  ]);
  useShortcuts(t`Against the model`, [
    // The hook below does it; the map lists it.
    { keys: [], shown: HOLD_KEY, label: t`The model’s outline while held`, run: () => {} },
    { keys: ['3'], label: t`Side by side`, run: actions.onBeside },
    { keys: ['4'], label: t`Difference`, run: actions.onDifference },
    { keys: [TAKE_KEY], label: t`Outline the possible lesion`, run: actions.onTakePossible },
  ]);
  useHeldKey(editor);
}

function useHeldKey(editor: Editor | null): void {
  useEffect(() => {
    if (!editor) return;
    let former: ReturnType<typeof editor.state.get>['comparison']['mode'] | null = null;
    const down = (event: KeyboardEvent) => {
      if (event.key !== HOLD_KEY || event.repeat || former || !isForPage(event)) return;
      former = editor.state.get().comparison.mode;
      editor.setComparison({ mode: 'before' });
    };
    const release = () => {
      if (!former) return;
      editor.setComparison({ mode: former });
      former = null;
    };
    const up = (event: KeyboardEvent) => event.key === HOLD_KEY && release();
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
