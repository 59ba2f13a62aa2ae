import { t } from '@lingui/core/macro';
import { Textarea } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useEditorState } from '../../../editing/useEditorState';
import { commands, type Editor } from '../../../editor';

const LONGEST = 2000;
/** After a pause in typing the text becomes a step, so that it is as safe as a stroke. */
const PAUSE_MS = 800;

/** The author's note for the next person at the drawing; saved with it, never exported. */
export function NoteField({ editor, readOnly }: { editor: Editor; readOnly: boolean }) {
  const note = useEditorState(editor, (state) => state.note, '');
  const [typed, setTyped] = useState(note);
  // Undo, a restored revision or another tab's draft may change the note.
  useEffect(() => setTyped(note), [note]);
  useEffect(() => {
    if (typed === editor.state.get().note) return;
    const timer = setTimeout(() => commands.setNote(editor, typed), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [editor, typed]);
  const keep = () => typed !== editor.state.get().note && commands.setNote(editor, typed);
  return (
    <Textarea
      size="sm"
      aria-label={t`Note`}
      placeholder={t`For reviewers. No names of patients.`}
      autosize
      minRows={1}
      maxRows={6}
      maxLength={LONGEST}
      readOnly={readOnly}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={keep}
      // Ctrl+Enter also submits from within the field, including the typed text.
      onKeyDown={(event) => (event.ctrlKey || event.metaKey) && keep()}
    />
  );
}
