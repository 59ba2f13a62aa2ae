import { useCallback, useSyncExternalStore } from 'react';
import type { Editor, EditorState } from '../../../editor';

const NEVER = () => () => {};

/** Part of an editor's state; the component renders again only when that part changes. */
export function useEditorState<T>(
  editor: Editor | null,
  select: (state: EditorState) => T,
  absent: T,
): T {
  const read = useCallback(
    () => (editor ? select(editor.state.get()) : absent),
    [editor, select, absent],
  );
  return useSyncExternalStore(editor?.state.subscribe ?? NEVER, read);
}
