import { useCallback, useSyncExternalStore } from 'react';
import type { Editor, EditorState } from '../editor';
import type { Store } from '../viewer/store';

const NEVER = () => () => {};

/** Part of a store's value; the component renders again only when that part changes. */
export function useStore<S extends object, T>(
  store: Store<S> | null,
  select: (value: S) => T,
  absent: T,
): T {
  const read = useCallback(() => (store ? select(store.get()) : absent), [store, select, absent]);
  return useSyncExternalStore(store?.subscribe ?? NEVER, read);
}

/** Part of an editor's state; `absent` if there is no editor. */
export function useEditorState<T>(
  editor: Editor | null,
  select: (state: EditorState) => T,
  absent: T,
): T {
  return useStore(editor?.state ?? null, select, absent);
}
