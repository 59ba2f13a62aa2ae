import { useDocumentTitle } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect, useRef, useState } from 'react';
import { ErrorState } from '../../components/ErrorState';
import type { Stage } from '../../viewer/stage';
import { itemName, lesionText } from '../worklist/itemText';
import { lastOpened } from '../worklist/place';
import classes from './ImagePage.module.css';
import { frameQuery, imageQuery, maskQuery } from './imageQueries';
import { SidePanel } from './SidePanel';
import { StageToolbar } from './StageToolbar';
import { StageView } from './StageView';
import { useNeighbours } from './useNeighbours';
import { useViewerShortcuts } from './useViewerShortcuts';

/** One array for all renders, or the overlay would be drawn anew each time. */
const NO_LESIONS: never[] = [];

const route = getRouteApi('/shell/ui/images/$imageId');

export function ImagePage() {
  const { imageId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const neighbours = useNeighbours(imageId, search);
  const stage = useRef<Stage | null>(null);
  const [deleting, setDeleting] = useState(false);
  const [chosenRevision, setChosenRevision] = useState<number | null>(null);

  const image = useQuery(imageQuery(imageId));
  const frame = useQuery(frameQuery(imageId));
  const masks = image.data?.masks ?? [];
  const mask = masks.find(({ revision }) => revision === chosenRevision) ?? masks[0] ?? null;
  const maskPixels = useQuery({
    ...maskQuery(imageId, mask?.revision ?? 0),
    enabled: mask !== null,
  });

  useEffect(() => {
    lastOpened.id = imageId;
    setChosenRevision(null);
  }, [imageId]);

  // The event of the deletion can come before its answer and take the image out of the list.
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

  useViewerShortcuts({
    stage,
    lesions: mask?.result.lesions ?? NO_LESIONS,
    onNext: () => open(neighbours.next),
    onPrevious: () => open(neighbours.previous),
    onClose: close,
    onDelete: () => setDeleting(true),
  });

  const failure = image.error ?? frame.error;
  const name = image.data ? itemName(image.data) : 'Image';
  useDocumentTitle(`${name} – Sonoloop`);
  const maskFailed = maskPixels.isError;

  return (
    <div className={classes.root}>
      <section className={classes.stage} aria-label="Image">
        <StageToolbar
          stage={stage}
          name={name}
          neighbours={neighbours}
          onOpen={open}
          onClose={close}
        />
        {failure ? (
          <div className={classes.failure}>
            <ErrorState
              error={failure}
              onRetry={() => {
                void image.refetch();
                void frame.refetch();
              }}
            />
          </div>
        ) : (
          <StageView
            ref={stage}
            label={`${name}: ${image.data ? lesionText(image.data) : 'loading'}`}
            frame={frame.data ?? null}
            mask={maskPixels.data ?? null}
            lesions={mask?.result.lesions ?? NO_LESIONS}
            spacing={image.data?.frame.spacing_mm ?? null}
            warning={maskFailed ? 'The mask could not be loaded; only contours are shown.' : null}
          />
        )}
      </section>
      <SidePanel
        image={image.data ?? null}
        mask={mask}
        stage={stage}
        onRevision={setChosenRevision}
        deleting={deleting}
        onDeleting={setDeleting}
        onDeleted={() => {
          if (afterDeletion.current) open(afterDeletion.current);
          else close();
        }}
      />
    </div>
  );
}
