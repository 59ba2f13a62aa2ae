import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconArrowLeft, IconChevronLeft, IconChevronRight, IconPencil } from '@tabler/icons-react';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { fetchAgreement } from '../../api/reviews';
import type { WorkImage } from '../../api/workflowTypes';
import { COMMANDS } from '../../app/commands';
import { and, on, useShortcuts } from '../../app/shortcuts';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
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

const route = getRouteApi('/shell/ui/images/$imageId/adjudicate');

const agreementQuery = (id: string) =>
  queryOptions({
    queryKey: ['agreement', id],
    queryFn: ({ signal }) => fetchAgreement(id, signal),
    // It is measured within seconds of the second reading.
    refetchInterval: (query) => (query.state.data ? false : 3_000),
  });

/** Two readings of an image side by side, and the decision between them. */
export function AdjudicatePage() {
  const { imageId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const image = useQuery(imageQuery(imageId));
  const frame = useQuery(frameQuery(imageId, image.data?.frame.url ?? null));
  const agreement = useQuery(agreementQuery(imageId));
  const walk = useWalk(imageId, search);
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
  const data = image.data as WorkImage | undefined;
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

  const failure = image.error ?? frame.error;
  const handedIn = useMemo(
    () => data?.readings.filter((reading) => reading.submitted_revision !== null) ?? [],
    [data],
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
          <AgreementBar agreement={agreement.data ?? null} spacing={data.frame.spacing_mm} />
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
            void image.refetch();
            void frame.refetch();
          }}
        />
      ) : data && handedIn.length < 2 ? (
        <EmptyState title={t`There are not two readings to compare yet`}>
          <p>
            {plural(handedIn.length, {
              one: 'One reader has submitted; the other is still reading.',
              other: 'Nobody has submitted a reading of this image yet.',
            })}
          </p>
        </EmptyState>
      ) : (
        <Columns
          key={imageId}
          image={data ?? null}
          agreement={agreement.data ?? null}
          frame={frame.data ?? null}
          store={store}
          stageRef={stage}
          search={search}
          next={walk.next}
        />
      )}
    </div>
  );
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
