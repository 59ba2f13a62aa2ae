import { t } from '@lingui/core/macro';
import { useShortcuts } from '../../../app/shortcuts';
import { type Answer, commands, type Editor } from '../../../editor';
import { askFor } from './missing';

export const ANSWER_KEYS: Record<Answer, string> = {
  lesions: '7',
  'no-lesion': '8',
  'cannot-judge': '9',
};

/** Keys of the answers; each is one step that undo takes back. */
export function useAnswerKeys(editor: Editor | null, readOnly: boolean): void {
  const give = (answer: Answer) => {
    if (!editor || readOnly) return;
    const drawn = editor.state.get().lesions.some(({ area }) => area > 0);
    commands.setAnswer(editor, answer);
    if (answer === 'cannot-judge') {
      askFor({ what: 'reason', text: t`Say why the image cannot be judged.` });
    } else if (answer === 'lesions' && !drawn) {
      editor.notice(t`The answer is “Lesions”: draw what you see.`);
    } else {
      const text =
        answer === 'lesions' ? t`The answer is “Lesions”.` : t`The answer is “No lesion”.`;
      editor.notice(drawn && answer !== 'lesions' ? t`${text} z brings the outlines back.` : text);
    }
  };
  useShortcuts(
    t`Answer`,
    readOnly
      ? []
      : [
          { keys: [ANSWER_KEYS.lesions], label: t`Lesions`, run: () => give('lesions') },
          { keys: [ANSWER_KEYS['no-lesion']], label: t`No lesion`, run: () => give('no-lesion') },
          {
            keys: [ANSWER_KEYS['cannot-judge']],
            label: t`Cannot judge`,
            run: () => give('cannot-judge'),
          },
        ],
  );
}
