import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Button } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconArrowLeft, IconChevronLeft, IconChevronRight, IconPencil } from '@tabler/icons-react';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { frameKeyOf } from '../../api/frameKey';
import { fetchAgreement } from '../../api/reviews';
import type { SubmittedFrame, WorkImage } from '../../api/workflowTypes';
import { COMMANDS } from '../../app/commands';
import { and, on, useShortcuts } from '../../app/shortcuts';
import { useFrameChoice } from '../../cine/frameChoice';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { Tooltip } from '../../components/Tooltip';
import { frameQuery, imageQuery } from '../../editing/imageQueries';
import type { Stage } from '../../viewer/stage';
import { INITIAL_STATE, type ViewerState } from '../../viewer/state';
import { Store } from '../../viewer/store';
import { itemName } from '../worklist/itemText';
import { lastOpened } from '../worklist/scrollPosition';
import { imageRoute } from '../worklist/search';
import { useWalk } from '../worklist/useWalk';
import classes from './AdjudicatePage.module.css';
import { AgreementBar } from './AgreementBar';
import { Columns } from './Columns';
import { FrameBar } from './FrameBar';
import { type Choices, held, toggled, withReader } from './frameChoices';
import { useReview } from './useReview';
import { useSubmittedFrames } from './useSubmittedFrames';

const route = getRouteApi('/shell/ui/images/$imageId/adjudicate');

const agreementQuery = (frameKey: string, measured: boolean) =>
  queryOptions({
    queryKey: ['agreement', frameKey],
    queryFn: ({ signal }) => fetchAgreement(frameKey, signal),
    enabled: measured,
    // The agreement is measured within seconds of the second reading.
    refetchInterval: (query) => (query.state.data ? false : 3_000),
  });

/** Two readings of an image side by side, and the decision between them. */
export function AdjudicatePage() {
  const { imageId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const whole = useQuery(imageQuery(imageId));
  const frames = useSubmittedFrames(whole.data ?? null);
  const [asked, show] = useFrameChoice(imageId);
  const shown = frameShown(frames, asked);
  const frameKey = frameKeyOf(imageId, shown ?? 0);
  const image = useQuery({ ...imageQuery(frameKey), enabled: shown !== null });
  const frame = useQuery(frameQuery(frameKey, image.data?.frame.url ?? null));
  const measured = useMemo(() => bothBlind(image.data), [image.data]);
  const agreement = useQuery(agreementQuery(frameKey, measured));
  const walk = useWalk(imageId, search);
  const review = useReview(frameKey, search, walk.next);
  const stage = useRef<Stage | null>(null);
  const [store] = useState(() => new Store<ViewerState>(INITIAL_STATE));

  useEffect(() => {
    lastOpened.id = imageId;
  }, [imageId]);

  const open = useCallback(
    (id: string | null) => {
      if (id) {
        void navigate({ to: imageRoute(search), params: { imageId: id }, search, replace: true });
      }
    },
    [navigate, search],
  );
  const close = () => void navigate({ to: '/ui/worklist', search });
  const data = (shown === null ? undefined : image.data) as WorkImage | undefined;
  const name = data ? itemName(data) : t`Image`;
  useDocumentTitle(t`Compare ${name} – Sonoloop`);

  const camera = () => stage.current?.camera;
  useShortcuts(COMMANDS['column-1'].group, [
    and(
      on('next-image', () => open(walk.next)),
      'ArrowRight',
    ),
    and(
      on('previous-image', () => open(walk.previous)),
      'ArrowLeft',
    ),
    on('zoom-in', () => camera()?.zoom(1.25)),
    on('zoom-out', () => camera()?.zoom(1 / 1.25)),
    on('fit', () => camera()?.fit()),
    and(
      on('outlines', () => {
        const { overlay } = store.get();
        store.set({ overlay: { ...overlay, shown: !overlay.shown } });
      }),
      ' ',
    ),
    on('back', close),
  ]);
  const several = (frames?.length ?? 0) > 0;
  const step = (by: number) => {
    const at = frames?.findIndex(({ index }) => index === shown) ?? -1;
    const next = frames?.[at + by];
    if (next) show(next.index);
  };
  useShortcuts(several ? COMMANDS['frame-on'].group : '', [
    on('frame-back', () => step(-1)),
    on('frame-on', () => step(1)),
  ]);

  const [allChoices, setAllChoices] = useState<ReadonlyMap<string, Choices>>(new Map());
  const choices = allChoices.get(imageId) ?? NO_CHOICES;
  const setChoices = (changed: Choices) =>
    setAllChoices(new Map([...allChoices, [imageId, changed]]));
  const holding = held(frames ?? [], choices);
  const approve = () => {
    const [first, ...further] = holding;
    if (!first || review.isPending) return;
    const { frame_index, revision } = first;
    review.mutate({ frame: frame_index, revision, verdict: 'approved', comment: null, further });
  };
  const mayDecide =
    Boolean(data?.may.adjudicate || data?.may.review) && data?.state === 'submitted';

  const failure = whole.error ?? image.error ?? frame.error;
  const handedIn = useMemo(
    () => whole.data?.readings.filter((reading) => reading.submitted_at !== null) ?? [],
    [whole.data],
  );

  return (
    <div className={classes.root}>
      <header className={classes.bar}>
        <Tooltip label={t`Back to the worklist (Esc)`}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t`Back to the worklist`}
            onClick={close}
          >
            <IconArrowLeft size={19} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
        <h1 className={classes.name}>{name}</h1>
        {data ? (
          <AgreementBar
            agreement={agreement.data ?? null}
            measured={measured}
            spacing={data.frame.spacing_mm}
          />
        ) : null}
        <div className={classes.walk}>
          <Button
            component={Link}
            to="/ui/images/$imageId"
            params={{ imageId } as never}
            search={search as never}
            variant="default"
            size="compact-md"
            leftSection={<IconPencil size={15} stroke={1.7} />}
          >
            <Trans>Draw my own outline</Trans>
          </Button>
          <WalkButton label={t`Previous image (←)`} to={walk.previous} onOpen={open}>
            <IconChevronLeft size={19} stroke={1.7} />
          </WalkButton>
          <span className={classes.place}>
            {walk.place === null ? '' : t`${walk.place} of ${walk.totalText}`}
          </span>
          <WalkButton label={t`Next image (→)`} to={walk.next} onOpen={open}>
            <IconChevronRight size={19} stroke={1.7} />
          </WalkButton>
        </div>
      </header>
      {failure ? (
        <ErrorState
          error={failure}
          onRetry={() => {
            void whole.refetch();
            void image.refetch();
            void frame.refetch();
          }}
        />
      ) : whole.data && handedIn.length < 2 ? (
        <EmptyState title={t`There are not two readings to compare yet`}>
          <p>
            {plural(handedIn.length, {
              one: 'One reader has submitted; the other is still reading.',
              other: 'Nobody has submitted a reading of this image yet.',
            })}
          </p>
        </EmptyState>
      ) : (
        <>
          {frames && several ? (
            <FrameBar
              frames={frames}
              shown={shown ?? 0}
              onShow={show}
              chosen={new Set(holding.map(({ frame_index }) => frame_index))}
              readings={handedIn}
              onReading={({ id }) => setChoices(withReader(frames, choices, id))}
              pending={review.isPending}
              onApprove={mayDecide ? approve : null}
            />
          ) : null}
          <Columns
            key={imageId}
            frameKey={frameKey}
            image={data ?? null}
            agreement={agreement.data ?? null}
            frame={frame.data ?? null}
            store={store}
            stageRef={stage}
            review={review}
            choice={
              several
                ? {
                    revision:
                      holding.find(({ frame_index }) => frame_index === shown)?.revision ?? null,
                    choose: (revision) => setChoices(toggled(choices, shown ?? 0, revision)),
                    approve,
                  }
                : null
            }
          />
        </>
      )}
    </div>
  );
}

const NO_CHOICES: Choices = new Map();

/** The requested frame, else the first submitted one; null while these load. */
function frameShown(frames: readonly SubmittedFrame[] | null, asked: number): number | null {
  if (frames === null) return null;
  const there = frames.some(({ index }) => index === asked);
  return there ? asked : (frames[0]?.index ?? 0);
}

/** Whether two blind readings drew on the frame; only then are they compared. */
function bothBlind(image: Pick<WorkImage, 'readings'> | undefined): boolean {
  const drew = image?.readings.filter((one) => one.blind && one.submitted_revision !== null);
  return (drew?.length ?? 0) > 1;
}

function WalkButton(props: {
  label: string;
  to: string | null;
  onOpen: (id: string | null) => void;
  children: React.ReactNode;
}) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={props.label}
        disabled={props.to === null}
        onClick={() => props.onOpen(props.to)}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}
