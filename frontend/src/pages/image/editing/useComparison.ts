import { useEffect, useMemo, useState } from 'react';
import { type Comparison, DifferenceLayer, type Editor, type LabelMap } from '../../../editor';
import { useEditorState } from './useEditorState';

/** How drawing and model are compared: the editor's own ways, and two that need the page. */
export type Way = Comparison['mode'] | 'beside' | 'difference';

export interface Comparing {
  way: Way;
  choose: (way: Way) => void;
  /** Over all else while the difference is shown. */
  layer: DifferenceLayer | null;
}

/** Side by side and difference go with the reader from image to image. */
export function useComparison(editor: Editor | null, reference: LabelMap | null): Comparing {
  const [own, setOwn] = useState<'beside' | 'difference' | null>(null);
  const mode = useEditorState<Comparison['mode']>(
    editor,
    (state) => state.comparison.mode,
    'after',
  );
  const layer = useMemo(
    () =>
      own === 'difference' && editor && reference
        ? new DifferenceLayer(reference, editor.map)
        : null,
    [own, editor, reference],
  );
  // Side by side shows the drawing alone: the model has a canvas of its own.
  useEffect(() => {
    if (own) editor?.setComparison({ mode: 'after' });
  }, [own, editor]);

  const choose = (way: Way) => {
    if (way === 'beside' || way === 'difference') {
      setOwn(way);
      return;
    }
    setOwn(null);
    editor?.setComparison({ mode: way });
  };
  return { way: reference && own && mode === 'after' ? own : mode, choose, layer };
}
