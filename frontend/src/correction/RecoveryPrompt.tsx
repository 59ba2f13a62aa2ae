import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Text, UnstyledButton } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Dialog } from '../components/Dialog';
import { Moment } from '../components/Moment';
import { useEditing } from '../editing/EditorContext';
import { newestInLine } from '../editing/line';
import { revisionNumber } from '../editing/revisionNumber';
import { decodeRuns } from '../editor';
import { differing } from './core/difference';
import { type Drawing, sameSaid } from './core/drawing';
import type { Candidate } from './core/recovery';
import { useCorrectedImage } from './correctedImage';
import { DrawingPane } from './DrawingPane';
import classes from './RecoveryPrompt.module.css';
import { MINE, THEIRS, tintOf } from './tint';
import type { Asking, Question } from './useRecovery';

interface Props {
  question: Question;
  onGoOn: Asking['goOn'];
  onDiscard: Asking['discard'];
}

/** Asks what to do with a drawing that was unsaved when the image was last closed. */
export function RecoveryPrompt({ question, onGoOn, onDiscard }: Props) {
  return (
    <Dialog
      // Closing is not an option: the drawing would be neither restored nor discarded.
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={t`You have an unsaved drawing of this image`}
      size="lg"
    >
      <Choices question={question} onGoOn={onGoOn} onDiscard={onDiscard} />
    </Dialog>
  );
}

function Choices({ question, onGoOn, onDiscard }: Props) {
  const { imageId, frame } = useEditing();
  const image = useCorrectedImage(imageId);
  const { candidates, newest } = question;
  const [chosen, setChosen] = useState<Candidate | null>(candidates[0] ?? null);
  const [both, setBoth] = useState(false);
  const [discarding, setDiscarding] = useState(false);
  if (!chosen) return null;
  const revision = (image && newestInLine(image)?.revision) ?? null;
  const latest = revision && revisionNumber(image?.masks, revision);
  const passed = revision !== null && (chosen.drawing.parentRevision ?? 0) < revision;

  return (
    <div className={classes.root} data-testid="recovery-prompt">
      {candidates.length > 1 ? (
        <ul className={classes.list} aria-label={t`Unsaved drawings`}>
          {candidates.map((one) => (
            <li key={`${one.from} ${one.at}`}>
              <UnstyledButton
                className={classes.candidate}
                aria-pressed={one === chosen}
                onClick={() => setChosen(one)}
              >
                <Facts candidate={one} newest={newest} />
              </UnstyledButton>
            </li>
          ))}
        </ul>
      ) : (
        <p className={classes.facts}>
          <Facts candidate={chosen} newest={newest} />
        </p>
      )}
      {frame ? (
        <div className={classes.panes} data-both={both}>
          <Preview title={t`Unsaved drawing`} drawing={chosen.drawing} other={newest} mine />
          {both ? (
            <Preview
              title={latest === null ? t`Without it` : t`Saved revision ${latest}`}
              drawing={newest}
              other={chosen.drawing}
            />
          ) : null}
        </div>
      ) : null}
      {passed ? (
        <Text size="xs" c="var(--sl-warn)">
          <Trans>
            Revision {latest} was saved after this drawing was begun. Saving will show you both.
          </Trans>
        </Text>
      ) : null}
      <Group justify="space-between" gap="xs">
        <Button
          variant="subtle"
          color="gray"
          loading={discarding}
          onClick={() => {
            setDiscarding(true);
            void onDiscard().finally(() => setDiscarding(false));
          }}
        >
          <Trans>Discard</Trans>
        </Button>
        <Group gap="xs">
          <Button variant="default" onClick={() => setBoth(!both)}>
            {both ? t`Look at one` : t`Look at both`}
          </Button>
          <Button onClick={() => onGoOn(chosen)} data-autofocus>
            <Trans>Continue drawing</Trans>
          </Button>
        </Group>
      </Group>
    </div>
  );
}

function Facts({ candidate, newest }: { candidate: Candidate; newest: Drawing }) {
  const pixels = useMemo(
    () => differing(newest.labels, candidate.drawing.labels),
    [newest, candidate],
  );
  const { answer } = candidate.drawing;
  return (
    <>
      {candidate.from === 'server' ? (
        <Trans>
          Drawn <Moment at={candidate.at} />, kept on the server.
        </Trans>
      ) : (
        <Trans>
          Drawn <Moment at={candidate.at} />, kept in this browser only.
        </Trans>
      )}{' '}
      {pixels === 0
        ? t`The outlines are the same.`
        : plural(pixels, { one: 'One pixel differs.', other: '# pixels differ.' })}
      {sameSaid(newest.labels, candidate.drawing.labels)
        ? ''
        : ` ${t`Measurements, classes, attributes or notes differ.`}`}
      {answer === newest.answer || answer === null ? '' : ` ${t`Answer: ${ANSWERS[answer]}.`}`}
    </>
  );
}

const ANSWERS = { lesions: t`lesions`, 'no-lesion': t`no lesion`, 'cannot-judge': t`cannot judge` };

function Preview(props: { title: string; drawing: Drawing; other: Drawing; mine?: boolean }) {
  const { title, drawing, other, mine } = props;
  const { frame } = useEditing();
  const overlay = useMemo(() => {
    const [shown, beside] = [drawing, other].map(({ labels }) =>
      decodeRuns(labels.runs, labels.width, labels.height),
    );
    return shown ? tintOf(shown, beside ?? null, mine ? MINE : THEIRS) : null;
  }, [drawing, other, mine]);
  return frame ? <DrawingPane title={title} label={title} frame={frame} overlay={overlay} /> : null;
}
