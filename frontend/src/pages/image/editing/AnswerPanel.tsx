import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { SegmentedControl, TextInput } from '@mantine/core';
import { useEffect, useId, useRef } from 'react';
import { ariaKey, keyNameOf, keysOf, useOwnKeys, withKey } from '../../../app/ownKeys';
import { useEditing } from '../../../editing/EditorContext';
import { missingStore, stopAsking } from '../../../editing/missing';
import { useEditorState, useStore } from '../../../editing/useEditorState';
import type { Assessment } from '../../../editor';
import classes from './AnswerPanel.module.css';
import { ANSWER_COMMANDS } from './useAnswerKeys';

const ANSWERS: { value: Assessment; label: string }[] = [
  { value: 'lesions', label: t`Lesions` },
  { value: 'no-lesion', label: t`No lesion` },
  { value: 'cannot-judge', label: t`Cannot judge` },
];

/** Suggested while typing; any other reason is allowed. */
const REASONS = [
  t`Poor image quality`,
  t`Shadow or artefact over the region`,
  t`Lesion is cut off`,
  t`Another organ`,
  t`Calipers or text over the region`,
];

/** The reader's conclusion about the image as a whole. */
export function AnswerPanel() {
  const { editor, answer, setAnswer, answerReason, setAnswerReason, readOnly } = useEditing();
  useOwnKeys();
  const reasons = useId();
  const root = useRef<HTMLDivElement>(null);
  const drawn = useEditorState(
    editor,
    ({ lesions }) => lesions.some(({ area }) => area > 0),
    false,
  );
  const missing = useStore(missingStore, (state) => state.missing, null);
  const times = useStore(missingStore, (state) => state.times, 0);
  const asked = missing?.what === 'answer' || missing?.what === 'reason' ? missing : null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt asks again
  useEffect(() => {
    const wanted = asked?.what === 'reason' ? 'input[list]' : 'input[type=radio]:checked';
    if (asked) root.current?.querySelector<HTMLElement>(wanted)?.focus();
  }, [asked, times, answer]);

  // The missing answer has been given.
  const given =
    asked?.what === 'reason'
      ? answer !== 'cannot-judge' || answerReason.trim() !== ''
      : answer !== 'lesions' || drawn;
  useEffect(() => {
    if (asked && given) stopAsking();
  }, [asked, given]);

  return (
    <div ref={root} className={classes.root} data-asked={asked !== null}>
      <SegmentedControl
        fullWidth
        size="sm"
        aria-label={t`Answer`}
        aria-keyshortcuts={Object.values(ANSWER_COMMANDS).flatMap(keysOf).map(ariaKey).join(' ')}
        data={ANSWERS.map(({ value, label }) => ({
          value,
          label: (
            <span
              title={withKey(label, keyNameOf(ANSWER_COMMANDS[value]))}
              className={classes.answer}
            >
              {label}
            </span>
          ),
        }))}
        value={answer}
        disabled={!editor || readOnly}
        onChange={(value) => setAnswer(value as Assessment)}
      />
      {asked?.what === 'answer' ? (
        <p className={classes.missing} role="alert">
          {asked.text}
        </p>
      ) : null}
      {answer === 'cannot-judge' ? (
        <>
          <TextInput
            size="sm"
            label={t`Why it cannot be judged`}
            placeholder={t`Describe what is wrong with the image`}
            list={reasons}
            maxLength={200}
            value={answerReason}
            disabled={readOnly}
            description={t`Needed before saving`}
            error={asked?.what === 'reason' && !given ? asked.text : null}
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
        <p className={classes.hint}>
          <Trans>Drawing an outline changes the answer back to “Lesions”.</Trans>
        </p>
      ) : null}
    </div>
  );
}
