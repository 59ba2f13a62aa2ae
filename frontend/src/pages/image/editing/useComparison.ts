import { useCallback, useMemo, useState } from 'react';
import { useEditorState } from '../../../editing/useEditorState';
import { type Comparison, DifferenceLayer, type Editor, type LabelMap } from '../../../editor';

/** How drawing and model are compared: the editor's own modes, and two that need the page. */
export type Way = Comparison['mode'] | 'beside' | 'difference';

export interface Comparing {
  way: Way;
  choose: (way: Way) => void;
  /** Drawn on top while the difference is shown. */
  layer: DifferenceLayer | null;
}

/** "Side by side" and "difference" are kept from image to image. */
export function useComparison(editor: Editor | null, reference: LabelMap | null): Comparing {
  const [own, setOwn] = useState<'beside' | 'difference' | null>(null);
  const mode = useEditorState<Comparison['mode']>(
    editor,
    (state) => state.comparison.mode,
    'after',
  );
  // The editor's own modes have keys too, and take precedence.
  const way = reference && own && mode === 'after' ? own : mode;
  const layer = useMemo(
    () =>
      way === 'difference' && editor && reference
        ? new DifferenceLayer(reference, () => editor.flat)
        : null,
    [way, editor, reference],
  );

  const choose = useCallback(
    (wanted: Way) => {
      const byPage = wanted === 'beside' || wanted === 'difference';
      setOwn(byPage ? wanted : null);
      editor?.setComparison({ mode: byPage ? 'after' : wanted });
    },
    [editor],
  );
  return useMemo(() => ({ way, choose, layer }), [way, choose, layer]);
}
