import { t } from '@lingui/core/macro';
import { useDocumentTitle } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { frameKeyOf } from '../../api/frameKey';
import type { ImageDetail } from '../../api/types';
import { removeFirst } from '../../cine/firstPicture';
import { useFrameChoice } from '../../cine/frameChoice';
import { useCine } from '../../cine/useCine';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { lazily } from '../../components/lazily';
import { CorrectionBars } from '../../correction/CorrectionBars';
import { CorrectionProvider } from '../../correction/CorrectionProvider';
import { PresenceStrip } from '../../correction/PresenceStrip';
import { SaveState } from '../../correction/SaveState';
import { EditingContext } from '../../editing/EditorContext';
import { imageQuery, loadFrame } from '../../editing/imageQueries';
import { jumps } from '../../editing/jump';
import { missingStore, stopAsking } from '../../editing/missing';
import { revisionNumber } from '../../editing/revisionNumber';
import { commands, Editor, type EditorView } from '../../editor';
import { withWords } from '../../language/withWords';
import type { Stage } from '../../viewer/stage';
import { TextLayer } from '../../viewer/textLayer';
import { itemName, lesionText } from '../worklist/itemText';
import { lastOpened } from '../worklist/scrollPosition';
import { scaleRegions, scaleStore } from './calibration/scales';
import { useClassKeys } from './classes/useClassKeys';
import { useVocabulary } from './classes/useVocabulary';
import { OptionsBar } from './editing/OptionsBar';
import { priorOf, togglePrior } from './editing/priorStore';
import { whyReadOnly } from './editing/readOnly';
import { ToolRail } from './editing/ToolRail';
import { useAnswerKeys } from './editing/useAnswerKeys';
import { useAssistant } from './editing/useAssistant';
import { useComparison } from './editing/useComparison';
import { type EditorOfPage, useEditor } from './editing/useEditor';
import { useEditorKeys } from './editing/useEditorKeys';
import classes from './ImagePage.module.css';
import { loadPanels } from './panelsAhead';
import { pinStore } from './pins/pinStore';
import { usePinKey } from './pins/usePins';
import { undecided } from './possible/Undecided';
import { useDoubts } from './possible/useDoubts';
import { usePossible } from './possible/usePossible';
import { openBoxes } from './redaction/suspected';
import { useRedaction } from './redaction/useRedaction';
import { SidePanel } from './SidePanel';
import { useSuggestion } from './suggestions/useSuggestion';
import { TopBar } from './TopBar';
import { UnlikeNotice } from './UnlikeNotice';
import { useHandedIn } from './useHandedIn';
import { useLookingTime } from './useLookingTime';
import { useNeighbours } from './useNeighbours';
import { useViewerShortcuts } from './useViewerShortcuts';
import { Workspace } from './Workspace';

// Needed for few images, so not loaded before the image is shown.
const BlackOutDialog = lazily(
  async () =>
    (await withWords('panels', () => import('./redaction/BlackOutDialog'))).BlackOutDialog,
);
const loadCineBar = () => withWords('panels', () => import('../../cine/CineBar'));
const CineBar = lazily(async () => (await loadCineBar()).CineBar);
const HistoryPanel = lazy(async () => ({
  default: (await withWords('panels', () => import('../../correction/HistoryPanel'))).HistoryPanel,
}));
const Suggestions = lazily(
  async () => (await withWords('panels', () => import('./suggestions/Suggestions'))).Suggestions,
);

const HISTORY = (
  <Suspense fallback={<LoadingRows />}>
    <HistoryPanel />
  </Suspense>
);

/** Time with an image after which the closed panels are loaded. */
const AHEAD_MS = 1500;

const route = getRouteApi('/shell/ui/images/$imageId');

/**
 * Looking at an image and correcting its outlines happen on one page, without modes. The list
 * behind the page is refetched while people draw, so its parts are memoised and their props are
 * stable.
 */
export function ImagePage() {
  const { imageId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const neighbours = useNeighbours(imageId, search);
  const stage = useRef<Stage | null>(null);
  const view = useRef<EditorView | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [panelOpened, setPanelOpened] = useState(false);

  const client = useQueryClient();
  const [frameIndex, openFrame] = useFrameChoice(imageId);
  const frameKey = frameKeyOf(imageId, frameIndex);
  const image: ImageDetail | null = useQuery(imageQuery(frameKey)).data ?? null;
  const editing = useEditor(frameKey);
  const cine = useCine(imageId, {
    stage,
    image,
    frame: frameIndex,
    pixels: editing.frame,
    open: openFrame,
    load: (frame) => loadFrame(client, frameKeyOf(imageId, frame)),
  });
  const { editor, reference, readOnly, looking, look, failure, blackout } = editing;
  const shown = useShown(editing, image);
  const draws = !readOnly && image !== null && !image.model_hidden;
  const assistant = useAssistant(frameKey, editor, draws);
  const comparing = useComparison(shown, reference);
  const possible = usePossible(frameKey, image, shown);
  const offered = (cine?.frames.frames[frameIndex]?.suggestion ?? null) !== null;
  const suggested = useSuggestion(frameKey, offered);
  const redaction = useRedaction(imageId, image, blackout);
  const { may: redacts } = redaction;
  const textLayer = useTextLayer(image);
  const began = looking ?? editing.base.revision;
  const mask = image?.masks.find(({ revision }) => revision === began) ?? null;
  useDoubts(shown, mask);

  useEffect(() => {
    lastOpened.id = imageId;
    stopAsking();
    // Missing answers are given in the panel.
    return missingStore.subscribe(() => {
      if (missingStore.get().missing) setPanelOpened(true);
    });
  }, [imageId]);

  // Loaded in parallel with the list of frames.
  const several = (image?.frame_count ?? 1) > 1;
  useEffect(() => {
    if (several) void loadCineBar().catch(() => {});
  }, [several]);

  // The image itself is loaded first.
  const ready = editor !== null;
  useEffect(() => {
    if (!ready) return;
    const timer = setTimeout(() => void loadPanels(), AHEAD_MS);
    return () => clearTimeout(timer);
  }, [ready]);

  // The first picture would cover the error message.
  useEffect(() => {
    if (failure) removeFirst();
  }, [failure]);

  // The deletion's event can arrive before the response and remove the image from the list.
  const afterDeletion = useRef<string | null>(null);
  useEffect(() => {
    if (neighbours.place !== null) afterDeletion.current = neighbours.next ?? neighbours.previous;
  }, [neighbours]);

  const open = useCallback(
    (id: string | null) => {
      if (id)
        void navigate({
          to: '/ui/images/$imageId',
          params: { imageId: id },
          search,
          replace: true,
        });
    },
    [navigate, search],
  );
  const close = useCallback(
    () => void navigate({ to: '/ui/worklist', search }),
    [navigate, search],
  );
  const openNext = useCallback(() => open(neighbours.next), [open, neighbours.next]);
  const handedIn = useHandedIn(imageId, image, search, neighbours);
  const focusImage = useCallback(() => canvas.current?.focus(), []);
  const leaveDeleted = useCallback(() => {
    if (afterDeletion.current) open(afterDeletion.current);
    else close();
  }, [open, close]);
  const stepBack = () => {
    if (assistant?.cancel()) return;
    if (comparing.way !== 'after') comparing.choose('after');
    else if (looking !== null) look(null);
    else if (priorOf(imageId)) togglePrior(imageId, null);
    else if (panelOpened) setPanelOpened(false);
    else if (shown && shown.state.get().tool !== 'select') shown.setTool('select');
    else close();
  };

  usePinKey(imageId, frameIndex, view);
  useLookingTime(editing.activity);
  useAnswerKeys(shown, readOnly);
  const refusal = whyReadOnly(image, looking);
  useEditorKeys(view, {
    editor: shown,
    refusal,
    redacts,
    onActivity: () => editing.activity.touch(),
  });
  useClassKeys(shown, readOnly);
  useEffect(() => jumps.subscribe(() => setPanelOpened(true)), []);
  useEffect(
    () =>
      pinStore.subscribe(() => {
        const { placing, wanted, selected } = pinStore.get();
        // On a narrow screen the panel covers the image that has to be pressed.
        if (placing) setPanelOpened(false);
        else if (wanted || selected) setPanelOpened(true);
      }),
    [],
  );
  // Likewise for the marks of a scale.
  useEffect(() => scaleStore.subscribe(() => scaleStore.get().shown && setPanelOpened(false)), []);
  useViewerShortcuts({
    stage,
    editor: shown,
    onNext: openNext,
    onPrevious: () => open(neighbours.previous),
    onEscape: stepBack,
    onBeside: () => comparing.choose(comparing.way === 'beside' ? 'after' : 'beside'),
    onTakePossible: () => {
      if (readOnly) return;
      const open = undecided(shown);
      if (shown && open) commands.keepLesion(shown, open.label);
      else possible.lesions[0]?.take();
    },
    onRejectPossible: () => {
      const open = undecided(shown);
      if (shown && open && !readOnly) commands.deleteLesion(shown, open.label);
    },
    onDifference: () => comparing.choose(comparing.way === 'difference' ? 'after' : 'difference'),
  });

  const name = image ? itemName(image) : t`Image`;
  useDocumentTitle(t`${name} – Sonoloop`);

  return (
    <EditingContext value={editing}>
      <CorrectionProvider>
        <div className={classes.root}>
          <section className={classes.stage} aria-label={t`Image`}>
            <TopBar
              name={name}
              state={image?.state ?? null}
              neighbours={neighbours}
              onOpen={open}
              onClose={close}
              panelOpened={panelOpened}
              decides={image?.may.review === true && image.state === 'submitted'}
              onPanel={() => setPanelOpened(!panelOpened)}
            >
              <PresenceStrip />
              <SaveState onSubmitted={handedIn} />
            </TopBar>
            <OptionsBar
              editor={shown}
              view={view}
              assistant={assistant}
              refusal={refusal}
              redaction={redaction}
            />
            <div>
              {/* The panel shows this too, but is closed on narrow screens. */}
              <div className={classes.narrow}>
                <UnlikeNotice image={image} />
              </div>
              <CorrectionBars />
            </div>
            <div className={classes.board}>
              <ToolRail
                editor={shown}
                view={view}
                readOnly={readOnly}
                redacts={redacts}
                onTool={focusImage}
              />
              {failure ? (
                <div className={classes.failure}>
                  <ErrorState error={failure} onRetry={editing.retry} />
                </div>
              ) : (
                <Workspace
                  stage={stage}
                  view={view}
                  canvas={canvas}
                  label={`${name}: ${image ? lesionText(image) : t`loading`}`}
                  shown={shown}
                  reference={reference}
                  assistant={assistant}
                  comparing={comparing}
                  possible={possible}
                  suggested={suggested.layer}
                  spacing={image?.frame.spacing_mm ?? null}
                  text={textLayer}
                  lookedAt={looking && revisionNumber(image?.masks, looking)}
                />
              )}
            </div>
            {cine ? (
              <CineBar cine={cine}>
                <Suggestions cine={cine} suggestion={suggested.suggestion} />
              </CineBar>
            ) : null}
          </section>
          <SidePanel
            imageId={imageId}
            onFrame={openFrame}
            image={image}
            failed={failure !== null}
            mask={mask}
            shown={shown}
            stage={stage}
            possible={possible}
            redaction={redaction}
            history={HISTORY}
            opened={panelOpened}
            onDeleted={leaveDeleted}
          />
          {redaction.asked ? <BlackOutDialog redaction={redaction} /> : null}
        </div>
      </CorrectionProvider>
    </EditingContext>
  );
}

/** Outlines of suspected text and of blanked areas; null if there are none. */
function useTextLayer(image: ImageDetail | null): TextLayer | null {
  const text = image?.text ?? null;
  return useMemo(() => {
    const suspected = openBoxes(text);
    const blanked = text?.blanked ?? [];
    return suspected.length + blanked.length > 0 ? new TextLayer(suspected, blanked) : null;
  }, [text]);
}

/** The drawing, or an editor for the stored revision being viewed. */
function useShown(editing: EditorOfPage, image: ImageDetail | null): Editor | null {
  const { editor, frame, looking, lookedAt, reference } = editing;
  const spacing = image?.frame.spacing_mm ?? null;
  const shape = image?.frame ?? null;
  const regions = useMemo(() => (shape ? scaleRegions(shape) : null), [shape]);
  const stored = useMemo(() => {
    if (!lookedAt || !frame) return null;
    const made = { ...lookedAt, frame, spacing, reference, regions: regions ?? [] };
    return new Editor({ ...made, tool: 'pan' });
  }, [lookedAt, frame, spacing, regions, reference]);
  useVocabulary(stored, image?.project_id ?? null);
  return looking === null ? editor : stored;
}
