import { SegmentedControl, TextInput } from '@mantine/core';
import { useId } from 'react';
import type { Answer } from '../../../editor';
import classes from './AnswerPanel.module.css';
import { useEditing } from './EditorContext';

const ANSWERS: { value: Answer; label: string }[] = [
  { value: 'lesions', label: 'Lesions' },
  { value: 'no-lesion', label: 'No lesion' },
  { value: 'cannot-judge', label: 'Cannot judge' },
];

/** Offered while typing; any other reason is as good. */
const REASONS = [
  'Poor image quality',
  'Shadow or artefact over the region',
  'Lesion is cut off',
  'Another organ',
  'Calipers or text over the region',
];

/** What the person says of the image as a whole. */
export function AnswerPanel() {
  const { editor, answer, setAnswer, answerReason, setAnswerReason, readOnly } = useEditing();
  const reasons = useId();
  return (
    <div className={classes.root}>
      <SegmentedControl
        fullWidth
        size="sm"
        aria-label="Answer"
        data={ANSWERS}
        value={answer}
        disabled={!editor || readOnly}
        onChange={(value) => setAnswer(value as Answer)}
      />
      {answer === 'cannot-judge' ? (
        <>
          <TextInput
            size="sm"
            label="Why it cannot be judged"
            placeholder="Describe what is wrong with the image"
            list={reasons}
            maxLength={200}
            value={answerReason}
            disabled={readOnly}
            description="Needed before saving"
            required
            withAsterisk={false}
            onChange={(event) => setAnswerReason(event.currentTarget.value)}
          />
          <datalist id={reasons}>
            {REASONS.map((reason) => (
              <option key={reason} value={reason} />
            ))}
          </datalist>
        </>
      ) : null}
      {answer !== 'lesions' ? (
        <p className={classes.hint}>Drawing an outline changes the answer back to “Lesions”.</p>
      ) : null}
    </div>
  );
}
