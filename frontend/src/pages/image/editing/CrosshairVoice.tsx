import { t } from '@lingui/core/macro';
import { VisuallyHidden } from '@mantine/core';
import { type RefObject, useEffect, useState } from 'react';
import type { Editor, EditorView } from '../../../editor';

/** Announces the position of the keyboard's crosshair once the key is released. */
export function CrosshairVoice(props: {
  editor: Editor | null;
  view: RefObject<EditorView | null>;
}) {
  const { editor, view } = props;
  const [text, setText] = useState('');
  useEffect(() => {
    const say = () => {
      const at = view.current?.crosshairAt;
      setText(editor && at ? `${at.x}, ${at.y}: ${nameAt(editor, at.x, at.y)}` : '');
    };
    window.addEventListener('keyup', say);
    return () => window.removeEventListener('keyup', say);
  }, [editor, view]);
  return <VisuallyHidden role="status">{text}</VisuallyHidden>;
}

function nameAt(editor: Editor, x: number, y: number): string {
  const label = editor.lesionAt(x, y) ?? 0;
  return editor.state.get().lesions.find((one) => one.label === label)?.name ?? t`background`;
}
