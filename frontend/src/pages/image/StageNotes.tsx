import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { keyNameOf, withKey } from '../../app/ownKeys';
import { useEditorState, useStore } from '../../editing/useEditorState';
import type { Editor } from '../../editor';
import type { Assistant } from './editing/assistant';
import classes from './StageView.module.css';
import { turnText } from './turnText';
import { turnImage, useViewer } from './viewerStore';

interface Props {
  editor: Editor | null;
  assistant: Assistant | null;
  /** The revision viewed instead of the drawing. */
  looking: number | null;
  onBack: () => void;
}

/** Notes for the person at the image: unobtrusive, and gone once resolved. */
export function StageNotes({ editor, assistant, looking, onBack }: Props) {
  const hidden = useViewer((state) => !state.overlay.shown);
  const drawn = useEditorState(editor, (state) => state.lesions.length > 0, false);
  const turned = useViewer((state) => turnText(state.turn));
  const notice = useEditorState<string | null>(editor, (state) => state.notice, null);
  const mode = useEditorState(editor, (state) => state.comparison.mode, 'after');
  const problem = useStore<{ problem: string | null }, string | null>(
    assistant?.state ?? null,
    (state) => state.problem,
    null,
  );
  return (
    <div className={classes.notes} role="status">
      {looking === null ? null : (
        <Note>
          <Trans>Revision {looking}, read only</Trans>{' '}
          <button type="button" className={classes.back} onClick={onBack}>
            <Trans>Back to the drawing (Esc)</Trans>
          </button>
        </Note>
      )}
      {turned ? (
        <Note warns>
          {turned}{' '}
          <button type="button" className={classes.back} onClick={() => turnImage(null)}>
            {withKey(t`Show as taken`, keyNameOf('as-taken'))}
          </button>
        </Note>
      ) : null}
      {hidden && drawn ? (
        <Note>
          <Trans>
            Outlines hidden – press <kbd>o</kbd>
          </Trans>
        </Note>
      ) : null}
      {mode === 'before' ? (
        <Note>
          <Trans>The model’s outline</Trans>
        </Note>
      ) : null}
      {notice ? <Note warns>{notice}</Note> : null}
      {problem ? <Note warns>{problem}</Note> : null}
    </div>
  );
}

function Note({ warns = false, children }: { warns?: boolean; children: ReactNode }) {
  return (
    <span className={classes.note} data-warns={warns}>
      {children}
    </span>
  );
}
