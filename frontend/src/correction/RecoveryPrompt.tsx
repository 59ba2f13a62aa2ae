import { Button, Group, Modal, Text, UnstyledButton } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Moment } from '../components/Moment';
import { decodeRuns } from '../editor';
import { useEditing } from '../pages/image/editing/EditorContext';
import { newestInLine } from '../pages/image/editing/line';
import { revisionNumber } from '../pages/image/revisionNumber';
import { differing } from './core/difference';
import { type Drawing, sameSaid } from './core/drawing';
import type { Candidate } from './core/recovery';
import { useCorrectedImage } from './correctedImage';
import { DrawingPane } from './DrawingPane';
import classes from './RecoveryPrompt.module.css';
import { MINE, THEIRS, tintOf } from './tint';
import type { Asking, Question } from './useRecovery';

interface Props {
  question: Question | null;
  onGoOn: Asking['goOn'];
  onDiscard: Asking['discard'];
}

/** Asks what is to become of a drawing that was not saved when the image was last left. */
export function RecoveryPrompt({ question, onGoOn, onDiscard }: Props) {
  return (
    <Modal
      opened={question !== null}
      // Neither choice is made by closing: the drawing would be neither here nor gone.
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title="You have an unsaved drawing of this image"
      size="lg"
    >
      {question ? <Choices question={question} onGoOn={onGoOn} onDiscard={onDiscard} /> : null}
    </Modal>
  );
}

function Choices({ question, onGoOn, onDiscard }: Props & { question: Question }) {
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
        <ul className={classes.list} aria-label="Unsaved drawings">
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
          <Preview title="Unsaved drawing" drawing={chosen.drawing} other={newest} mine />
          {both ? (
            <Preview
              title={latest === null ? 'Without it' : `Saved revision ${latest}`}
              drawing={newest}
              other={chosen.drawing}
            />
          ) : null}
        </div>
      ) : null}
      {passed ? (
        <Text size="xs" c="var(--sl-warn)">
          Revision {latest} was saved after this drawing was begun. Saving will show you both.
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
          Discard
        </Button>
        <Group gap="xs">
          <Button variant="default" onClick={() => setBoth(!both)}>
            {both ? 'Look at one' : 'Look at both'}
          </Button>
          <Button onClick={() => onGoOn(chosen)} data-autofocus>
            Continue drawing
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
  const where = candidate.from === 'server' ? 'on the server' : 'in this browser only';
  const { answer } = candidate.drawing;
  return (
    <>
      Drawn <Moment at={candidate.at} />, kept {where}.{' '}
      {pixels === 0
        ? 'The outlines are the same.'
        : `${pixels.toLocaleString('en')} pixels differ.`}
      {sameSaid(newest.labels, candidate.drawing.labels)
        ? ''
        : ' What is said of them differs: classes, attributes or notes.'}
      {answer === newest.answer || answer === null ? '' : ` Answer: ${ANSWERS[answer]}.`}
    </>
  );
}

const ANSWERS = { lesions: 'lesions', 'no-lesion': 'no lesion', 'cannot-judge': 'cannot judge' };

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
