import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Skeleton } from '@mantine/core';
import { lazy, type RefObject, Suspense, useEffect, useState } from 'react';
import { frameKeyOf } from '../../api/frameKey';
import type { ImageDetail, Mask } from '../../api/types';
import { lesionsText } from '../../app/lesionsText';
import { useCorrection } from '../../correction/CorrectionContext';
import { useEditing } from '../../editing/EditorContext';
import { revisionNumber } from '../../editing/revisionNumber';
import { useEditorState } from '../../editing/useEditorState';
import type { Editor } from '../../editor';
import { withWords } from '../../language/withWords';
import type { Stage } from '../../viewer/stage';
import { Calibrate } from './calibration/Calibrate';
import { proposalOf } from './calibration/scales';
import { ImageAttributes } from './classes/Attributes';
import { AnswerPanel } from './editing/AnswerPanel';
import { LesionList } from './editing/LesionList';
import { MeasurementList, useMeasurements } from './editing/MeasurementList';
import { NoteField } from './editing/NoteField';
import { PriorList } from './editing/PriorList';
import { ModelAnswer } from './ModelAnswer';
import { PossibleList } from './possible/PossibleList';
import type { Possible } from './possible/usePossible';
import type { Redaction } from './redaction/useRedaction';
import { Section } from './Section';
import classes from './SidePanel.module.css';
import { UnlikeNotice } from './UnlikeNotice';

/** The drawing is shown first, the readers and reviews a moment later. */
const REVIEW_AFTER_MS = 300;

const ReviewPanel = lazy(async () => ({
  default: (await import('../review/ReviewPanel')).ReviewPanel,
}));

/** Few images have suspected text. */
const TextPanel = lazy(async () => ({
  default: (await withWords('panels', () => import('./redaction/TextPanel'))).TextPanel,
}));

interface Props {
  image: ImageDetail;
  /** The mask from which the drawing started. */
  mask: Mask | null;
  shown: Editor | null;
  stage: RefObject<Stage | null>;
  possible: Possible;
  redaction: Redaction;
  onFrame: (frame: number) => void;
}

const emptyText = (image: ImageDetail): string =>
  image.model_hidden
    ? t`This project shows the model’s outline once you have submitted. Draw what you see, or answer “No lesion”.`
    : t`No model result yet. Run a model below, or draw the lesion yourself.`;

/** The outlines, the person's answers, and the model's confidence. */
export function Findings(props: Props) {
  const { image, mask, shown, stage, possible, redaction, onFrame } = props;
  const { answer, readOnly } = useEditing();
  const count = useEditorState(shown, (state) => state.lesions.length, 0);
  const doubted = useEditorState(
    shown,
    (state) => state.lesions.filter(({ doubt }) => doubt !== undefined).length,
    0,
  );
  const measurements = useMeasurements(shown);
  const noted = useEditorState(shown, (state) => state.note !== '', false);
  // A decision to make, or the comment of an earlier decision, comes first.
  const decides = image.state === 'submitted' || image.state === 'returned';
  const ready = useCorrection().session !== null;
  const [later, setLater] = useState(false);
  useEffect(() => {
    if (!ready) return;
    const timer = setTimeout(() => setLater(true), REVIEW_AFTER_MS);
    return () => clearTimeout(timer);
  }, [ready]);
  const review =
    !decides && !later ? null : (
      <Suspense fallback={null}>
        <ReviewPanel frameKey={frameKeyOf(image.id, image.frame.index)} onFrame={onFrame} />
      </Suspense>
    );
  const text =
    (image.text.suspected ?? []).length > 0 ? (
      <Suspense fallback={null}>
        <TextPanel image={image} redaction={redaction} stage={stage} />
      </Suspense>
    ) : null;
  // Text that may name a patient comes first until it is judged.
  const urgent = (image.suspected_text ?? 0) > 0;
  return (
    <>
      {urgent ? text : null}
      {decides ? review : null}
      <Section
        title={!shown ? t`Lesions` : count === 0 ? t`No lesions` : lesionsText(count, doubted)}
        aside={<Origin image={image} mask={mask} />}
      >
        <UnlikeNotice image={image} />
        {shown ? null : <Skeleton height={48} />}
        {shown && count === 0 && answer === 'lesions' ? (
          <p className={classes.quiet}>
            {mask ? t`No lesion is outlined. Draw one, or answer “No lesion”.` : emptyText(image)}
          </p>
        ) : null}
        {shown ? <LesionList editor={shown} stage={stage} readOnly={readOnly} /> : null}
        {shown && measurements.length === 0 && proposalOf(image.frame) ? (
          <Calibrate image={image} stage={stage} />
        ) : null}
        <PossibleList lesions={possible.lesions} readOnly={readOnly} />
      </Section>
      {shown ? <ImageAttributes editor={shown} readOnly={readOnly} /> : null}
      <Section title={t`Answer`}>
        <AnswerPanel />
      </Section>
      {shown && measurements.length > 0 ? (
        <Section title={t`Measurements`}>
          <MeasurementList editor={shown} readOnly={readOnly} />
          <Calibrate image={image} stage={stage} />
        </Section>
      ) : null}
      {shown && ((!readOnly && shown.keepsMarks) || noted) ? (
        <Section title={t`Note`}>
          <NoteField editor={shown} readOnly={readOnly || !shown.keepsMarks} />
        </Section>
      ) : null}
      <PriorList
        place={frameKeyOf(image.id, image.frame.index)}
        image={image}
        editor={shown}
        readOnly={readOnly}
      />
      <ModelAnswer image={image} />
      {decides ? null : review}
      {urgent ? null : text}
    </>
  );
}

function Origin({ image, mask }: { image: ImageDetail; mask: Mask | null }) {
  if (!mask) return null;
  const number = revisionNumber(image.masks, mask.revision);
  const who = mask.model
    ? `${mask.model.name} ${mask.model.version}`
    : (mask.author?.name ?? t`consensus`);
  return (
    <span className={classes.origin} title={t`The drawing starts from revision ${number}, ${who}`}>
      <Trans>
        Revision {number} · {who}
      </Trans>
    </span>
  );
}
