import { plural, t } from '@lingui/core/macro';
import { Button } from '@mantine/core';
import { useDocumentTitle, useLocalStorage } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { liveState, showUnseen } from '../../app/live';
import { isReviewer, useUser } from '../../app/session';
import { useShortcuts } from '../../app/shortcuts';
import { ErrorState } from '../../components/ErrorState';
import { DropZone } from '../../uploads/DropZone';
import { useFilePicker } from '../../uploads/useFilePicker';
import { FirstImage, NothingFound, QueueDone } from './Empty';
import { QueueTabs } from './QueueTabs';
import { tabOf } from './queues';
import { SelectionBar } from './SelectionBar';
import { hasFilters, type WorklistSearch, withoutFilters } from './search';
import { useSelection } from './useSelection';
import { useWorklist } from './useWorklist';
import { VirtualList } from './VirtualList';
import { WorklistBar } from './WorklistBar';
import classes from './WorklistPage.module.css';
import { WorklistSkeleton } from './WorklistSkeleton';
import { wantedText } from './wantedText';

// What only reviewers open is not part of the first load.
const AssignDialog = lazy(async () => ({
  default: (await import('./AssignDialog')).AssignDialog,
}));
const DistributeDialog = lazy(async () => ({
  default: (await import('./DistributeDialog')).DistributeDialog,
}));

export type Density = 'grid' | 'table';

const route = getRouteApi('/shell/ui/worklist');

export function WorklistPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const worklist = useWorklist(search);
  const { unseen } = useSyncExternalStore(liveState.subscribe, liveState.get);
  const [density, setDensity] = useLocalStorage<Density>({
    key: 'sonoloop.worklist.density',
    defaultValue: 'grid',
    getInitialValueInEffect: false,
  });
  const mayAssign = isReviewer(useUser());
  const selection = useSelection(worklist.items);
  const [dialog, setDialog] = useState<'assign' | 'distribute' | null>(null);
  const tab = tabOf(search.queue);
  useDocumentTitle(t`${search.queue ? tab.label : t`Worklist`} – Sonoloop`);
  const searchField = useRef<HTMLInputElement>(null);
  const pick = useFilePicker();

  const change = (next: WorklistSearch) => void navigate({ search: next, replace: true });

  const { clear } = selection;
  const shown = JSON.stringify(search);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list starts without a selection
  useEffect(() => clear(), [clear, shown]);

  useShortcuts(t`Worklist`, [
    {
      keys: ['/'],
      label: t`Search`,
      run: () => {
        searchField.current?.focus();
        searchField.current?.select();
      },
    },
    { keys: ['u'], label: t`Upload images`, run: pick },
    {
      keys: ['v'],
      label: t`Grid or table`,
      run: () => setDensity(density === 'grid' ? 'table' : 'grid'),
    },
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
        // A new search starts at its top.
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
          density={density}
          onDensity={setDensity}
          onUpload={pick}
          onDistribute={
            mayAssign && search.queue === 'unassigned' && worklist.items.length > 0
              ? () => setDialog('distribute')
              : null
          }
          searchField={searchField}
        />
        {unseen > 0 ? (
          <Button className={classes.unseen} size="compact-sm" onClick={showUnseen}>
            {plural(unseen, { one: 'Show the new image', other: 'Show # new images' })}
          </Button>
        ) : null}
        <div className={classes.content} aria-busy={worklist.isPending}>
          {content}
        </div>
        {selection.ids.size > 0 ? (
          <SelectionBar selection={selection} onAssign={() => setDialog('assign')} />
        ) : null}
        <Suspense>
          {dialog === 'assign' ? (
            <AssignDialog
              imageIds={[...selection.ids]}
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
