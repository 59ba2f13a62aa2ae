import { plural, t } from '@lingui/core/macro';
import { Button } from '@mantine/core';
import { useDocumentTitle, useLocalStorage, useMediaQuery } from '@mantine/hooks';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { BulkKind } from '../../api/bulk';
import { COMMANDS } from '../../app/commands';
import { liveState, showUnseen } from '../../app/live';
import { isReviewer, useUser } from '../../app/session';
import { on, useShortcuts } from '../../app/shortcuts';
import { ErrorState } from '../../components/ErrorState';
import { withWords } from '../../language/withWords';
import { DropZone } from '../../uploads/DropZone';
import { useFilePicker } from '../../uploads/useFilePicker';
import { chosenOf } from './bulk';
import { FirstImage, NothingFound, QueueDone } from './Empty';
import { projectId, useWorklistPreferences, viewToBeginWith } from './preferences';
import { QueueTabs } from './QueueTabs';
import { tabOf } from './queues';
import { SelectionBar } from './SelectionBar';
import { hasFilters, type WorklistSearch, withoutFilters } from './search';
import { useBulkActs } from './useBulkActs';
import { useSelection } from './useSelection';
import { useWorklist } from './useWorklist';
import { VirtualList } from './VirtualList';
import { WorklistBar } from './WorklistBar';
import classes from './WorklistPage.module.css';
import { WorklistSkeleton } from './WorklistSkeleton';
import { wantedText } from './wantedText';

// Dialogs that only reviewers open are not part of the first load.
const AssignDialog = lazy(async () => ({
  default: (await withWords('panels', () => import('./AssignDialog'))).AssignDialog,
}));
const DistributeDialog = lazy(async () => ({
  default: (await withWords('panels', () => import('./DistributeDialog'))).DistributeDialog,
}));

export type Density = 'grid' | 'table';

const route = getRouteApi('/shell/ui/worklist');

export function WorklistPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const worklist = useWorklist(search);
  const { unseen } = useSyncExternalStore(liveState.subscribe, liveState.get);
  const [chosen, setDensity] = useLocalStorage<Density>({
    key: 'sonoloop.worklist.density',
    defaultValue: 'grid',
    getInitialValueInEffect: false,
  });
  // A table is too wide for a phone.
  const phone = useMediaQuery('(max-width: 640px)', false, { getInitialValueInEffect: false });
  const density = phone ? 'grid' : chosen;
  const user = useUser();
  const mayAssign = isReviewer(user);
  const selection = useSelection(worklist.items);
  const allCount = worklist.total - (selection.allBut?.size ?? 0);
  const count = selection.allBut === null ? selection.ids.size : allCount;
  const [dialog, setDialog] = useState<'assign' | 'distribute' | null>(null);
  const tab = tabOf(search.queue);
  useDocumentTitle(t`${search.queue ? tab.label : t`Worklist`} – Sonoloop`);
  const searchField = useRef<HTMLInputElement>(null);
  const pick = useFilePicker();
  const router = useRouter();

  const change = (next: WorklistSearch) => void navigate({ search: next, replace: true });

  const { worklist: preferences } = useWorklistPreferences();
  const project = projectId(user);
  const unnarrowed = Object.keys(search).length === 0;
  useEffect(() => {
    if (!preferences) return;
    const first = viewToBeginWith(preferences, project);
    if (first && unnarrowed) void navigate({ search: first, replace: true });
  }, [preferences, project, unnarrowed, navigate]);

  const bulk = useBulkActs({
    chosen: () => chosenOf(selection, search, user),
    count,
    onAssign: () => setDialog('assign'),
    onDone: selection.clear,
  });
  const acts = useMemo((): BulkKind[] => {
    if (search.queue === 'archived') return ['unarchive', 'delete'];
    const waits =
      search.queue === 'to-review' ||
      worklist.items.some(({ id, state }) => state === 'submitted' && selection.ids.has(id));
    return waits ? ['approve', 'assign', 'archive', 'delete'] : ['assign', 'archive', 'delete'];
  }, [search.queue, worklist.items, selection.ids]);

  const listed = !worklist.isPending;
  useEffect(() => {
    // Pages opened from here are preloaded, after the list.
    if (!listed) return;
    const image = router.routesByPath['/ui/images/$imageId'];
    const timer = setTimeout(() => void router.loadRouteChunk(image)?.catch(() => {}), 1000);
    return () => clearTimeout(timer);
  }, [router, listed]);

  const { clear } = selection;
  const shown = JSON.stringify(search);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new list starts without a selection
  useEffect(() => clear(), [clear, shown]);

  useShortcuts(COMMANDS.search.group, [
    on('search', () => {
      searchField.current?.focus();
      searchField.current?.select();
    }),
    on('upload', pick),
    on('density', () => setDensity(density === 'grid' ? 'table' : 'grid')),
  ]);

  let content: React.ReactNode;
  if (worklist.isPending) content = <WorklistSkeleton density={density} />;
  else if (worklist.isError && worklist.items.length === 0) {
    content = <ErrorState error={worklist.error} onRetry={() => void worklist.refetch()} />;
  } else if (worklist.items.length === 0) {
    if (hasFilters(search) || wantedText.get().text) {
      content = (
        <NothingFound
          onClear={() => {
            wantedText.set({ text: '' });
            change(withoutFilters(search));
          }}
        />
      );
    } else {
      content = search.queue ? <QueueDone tab={tab} /> : <FirstImage onPick={pick} />;
    }
  } else {
    content = (
      <VirtualList
        // A new search starts at the top.
        key={`${density} ${shown}`}
        density={density}
        search={search}
        items={worklist.items}
        total={worklist.total}
        selection={mayAssign ? selection : null}
        hasMore={worklist.hasNextPage}
        failed={worklist.isFetchNextPageError}
        loadMore={() => {
          if (!worklist.isFetchingNextPage) void worklist.fetchNextPage();
        }}
      />
    );
  }

  return (
    <DropZone>
      <div className={classes.root}>
        <WorklistBar
          search={search}
          onChange={change}
          tabs={<QueueTabs search={search} />}
          total={worklist.isSuccess ? worklist : null}
          byUncertainty={worklist.byUncertainty}
          density={density}
          onDensity={setDensity}
          onUpload={pick}
          selecting={count > 0}
          onDistribute={
            mayAssign && search.queue === 'unassigned' && worklist.items.length > 0
              ? () => setDialog('distribute')
              : null
          }
          searchField={searchField}
        />
        {unseen > 0 ? (
          <Button
            className={classes.unseen}
            size="compact-sm"
            variant="default"
            onClick={showUnseen}
          >
            {plural(unseen, { one: 'Show the new image', other: 'Show # new images' })}
          </Button>
        ) : null}
        <div className={classes.content} aria-busy={worklist.isPending}>
          {content}
        </div>
        {count > 0 ? (
          <SelectionBar
            selection={selection}
            count={count}
            total={selection.allBut === null && count < worklist.total ? worklist.totalText : null}
            acts={acts}
            busy={bulk.busy}
            onAct={bulk.act}
          />
        ) : null}
        {bulk.confirmation}
        <Suspense>
          {dialog === 'assign' ? (
            <AssignDialog
              chosen={chosenOf(selection, search, user)}
              count={count}
              onClose={() => setDialog(null)}
              onAssigned={() => {
                setDialog(null);
                selection.clear();
              }}
            />
          ) : null}
          {dialog === 'distribute' ? <DistributeDialog onClose={() => setDialog(null)} /> : null}
        </Suspense>
      </div>
    </DropZone>
  );
}
