import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import {
  lazy,
  memo,
  type RefObject,
  Suspense,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
} from 'react';
import { frameOf, imageOf } from '../../api/frameKey';
import type { Spacing } from '../../api/types';
import { dropPoster, posterOf } from '../../cine/poster';
import { useEditing } from '../../editing/EditorContext';
import { useStore } from '../../editing/useEditorState';
import { Editor, type EditorView, type LabelMap } from '../../editor';
import { withWords } from '../../language/withWords';
import type { Layer } from '../../viewer/layers';
import type { Stage } from '../../viewer/stage';
import type { Assistant } from './editing/assistant';
import { CrosshairVoice } from './editing/CrosshairVoice';
import { CurtainHandle } from './editing/CurtainHandle';
import { priorStore } from './editing/priorStore';
import type { Comparing } from './editing/useComparison';
import { PinMarks } from './pins/PinMarks';
import type { Possible } from './possible/usePossible';
import { StageNotes } from './StageNotes';
import { StageView } from './StageView';
import { ViewControls } from './ViewControls';
import { turnImage } from './viewerStore';
import classes from './Workspace.module.css';

/** Few patients have earlier images, and even fewer of those are compared. */
const PriorSide = lazy(async () => ({
  default: (await withWords('panels', () => import('./editing/PriorSide'))).PriorSide,
}));

interface Props {
  stage: RefObject<Stage | null>;
  view: RefObject<EditorView | null>;
  canvas: RefObject<HTMLCanvasElement | null>;
  label: string;
  /** The drawing, or the stored revision being viewed. */
  shown: Editor | null;
  reference: LabelMap | null;
  assistant: Assistant | null;
  comparing: Comparing;
  possible: Possible;
  /** Suggested outlines on the frame. */
  suggested: Layer | null;
  spacing: Spacing | null;
  /** Outlines of suspected text; null if there is nothing to outline. */
  text: Layer | null;
  /** The number of the revision shown instead of the drawing. */
  lookedAt: number | null;
}

/** The image with its outlines; optionally the model's next to it, moving together. */
export const Workspace = memo(function Workspace(props: Props) {
  const { stage, view, canvas, label, shown, reference, assistant, comparing } = props;
  const { possible, spacing, lookedAt } = props;
  const { imageId, frame, look, activity } = useEditing();
  const beside = comparing.way === 'beside' && reference !== null;
  const of = imageOf(imageId);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the next image is shown unturned
  useLayoutEffect(() => () => turnImage(null), [of]);
  const poster = useMemo(() => posterOf(imageId), [imageId]);
  useEffect(() => {
    if (frame) dropPoster();
  }, [frame]);
  const prior = useStore(priorStore, (now) => (now.of === of ? now.id : null), null);
  return (
    <div className={classes.root} data-beside={beside || prior !== null}>
      {prior && !beside ? (
        <Suspense fallback={<div />}>
          <PriorSide key={prior} of={of} id={prior} />
        </Suspense>
      ) : null}
      {beside && frame ? (
        <ModelsSide frame={frame} reference={reference} spacing={spacing} label={label} />
      ) : null}
      <StageView
        ref={stage}
        view={view}
        canvas={canvas}
        label={label}
        frame={frame}
        poster={poster}
        editor={shown}
        spacing={spacing}
        possible={possible.layer}
        suggested={props.suggested}
        layer={comparing.layer}
        text={props.text}
        onActivity={() => activity.touch()}
        onBox={(box) => assistant?.outline(box)}
        onPoint={(pixel) => assistant?.outlineAt(pixel)}
        onScribbles={() => assistant?.refine()}
      >
        <PinMarks imageId={of} frame={frameOf(imageId)} below={canvas} />
        {shown && comparing.way === 'split' ? <CurtainHandle editor={shown} /> : null}
        {comparing.layer ? <DifferenceLegend /> : null}
        {beside ? (
          <span className={classes.title}>
            <Trans>Drawing</Trans>
          </span>
        ) : null}
        <CrosshairVoice editor={shown} view={view} />
        <StageNotes
          editor={shown}
          assistant={assistant}
          looking={lookedAt}
          onBack={() => look(null)}
        />
        <ViewControls
          stage={stage}
          comparing={comparing}
          comparable={reference !== null}
          hasText={props.text !== null}
        />
      </StageView>
    </div>
  );
});

function ModelsSide(props: {
  frame: ImageData;
  reference: LabelMap;
  spacing: Spacing | null;
  label: string;
}) {
  const { frame, reference, spacing, label } = props;
  const stage = useRef<Stage | null>(null);
  const view = useRef<EditorView | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const editor = useMemo(
    () => new Editor({ map: reference, frame, spacing, tool: 'pan' }),
    [reference, frame, spacing],
  );
  return (
    <StageView
      ref={stage}
      view={view}
      canvas={canvas}
      label={t`${label}, outlined by the model`}
      frame={frame}
      editor={editor}
      spacing={spacing}
    >
      <span className={classes.title}>
        <Trans>Model</Trans>
      </span>
    </StageView>
  );
}

function DifferenceLegend() {
  return (
    <ul className={classes.legend} aria-label={t`Colours of the difference`}>
      <li data-part="a">
        <Trans>Only the model</Trans>
      </li>
      <li data-part="b">
        <Trans>Only the drawing</Trans>
      </li>
      <li data-part="both">
        <Trans>Both</Trans>
      </li>
    </ul>
  );
}
