import { t } from '@lingui/core/macro';
import { COMMANDS, type CommandId } from '../../../app/commands';
import { on, useShortcuts } from '../../../app/shortcuts';
import { askFor } from '../../../editing/missing';
import { type Assessment, commands, type Editor } from '../../../editor';
import { keyOf } from './toolset';

export const ANSWER_COMMANDS = {
  lesions: 'answer-lesions',
  'no-lesion': 'answer-no-lesion',
  'cannot-judge': 'answer-cannot-judge',
} as const satisfies Record<Assessment, CommandId>;

/** Keys for the answers; each is one undoable step. */
export function useAnswerKeys(editor: Editor | null, readOnly: boolean): void {
  const give = (answer: Assessment) => {
    if (!editor || readOnly) return;
    const undoKey = keyOf('undo');
    const drawn = editor.state.get().lesions.some(({ area }) => area > 0);
    commands.setAnswer(editor, answer);
    if (answer === 'cannot-judge') {
      askFor({ what: 'reason', text: t`Say why the image cannot be judged.` });
    } else if (answer === 'lesions' && !drawn) {
      editor.notice(t`The answer is “Lesions”: draw what you see.`);
    } else {
      const text =
        answer === 'lesions' ? t`The answer is “Lesions”.` : t`The answer is “No lesion”.`;
      editor.notice(
        drawn && answer !== 'lesions' ? t`${text} ${undoKey} brings the outlines back.` : text,
      );
    }
  };
  useShortcuts(
    COMMANDS['answer-lesions'].group,
    readOnly
      ? []
      : [
          on(ANSWER_COMMANDS.lesions, () => give('lesions')),
          on(ANSWER_COMMANDS['no-lesion'], () => give('no-lesion')),
          on(ANSWER_COMMANDS['cannot-judge'], () => give('cannot-judge')),
        ],
  );
}
