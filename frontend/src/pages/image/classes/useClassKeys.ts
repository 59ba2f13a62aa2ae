import { t } from '@lingui/core/macro';
import { useEffect } from 'react';
import { COMMANDS } from '../../../app/commands';
import { isForPage, on, useShortcuts } from '../../../app/shortcuts';
import { useEditorState } from '../../../editing/useEditorState';
import { choices, commands, type Editor, type EditorClass, isSingle } from '../../../editor';
import { classOfKey, classPicker, keyOfClass } from './classPicker';

const NONE: readonly EditorClass[] = [];

/** Keys that set the class of the selected lesion; none if there is nothing to choose. */
export function useClassKeys(editor: Editor | null, readOnly: boolean): void {
  const classes = useEditorState(editor, (state) => state.classes, NONE);
  const offered = readOnly || isSingle(classes) ? NONE : choices(classes);

  useShortcuts(
    COMMANDS['class-list'].group,
    offered.length === 0
      ? []
      : [
          on('class-list', () => classPicker.set({ lesion: editor?.state.get().selected ?? null })),
          // Handled by the listener below; listed here for the shortcut map.
          ...offered
            .map(({ id, name }) => ({ keys: [], shown: keyOfClass(classes, id), label: name }))
            .filter(({ shown }) => shown !== '')
            .map((one) => ({ ...one, run: () => {} })),
        ],
  );

  useEffect(() => {
    if (!editor || offered.length === 0) return;
    const listen = (event: KeyboardEvent) => {
      const chosen = isForPage(event) ? classOfKey(event, offered) : null;
      if (!chosen) return;
      event.preventDefault();
      const { selected } = editor.state.get();
      if (selected === null) editor.notice(t`Select a lesion first, then choose its class.`);
      else commands.setClass(editor, selected, chosen.id);
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [editor, offered]);
}
